import { editsOf, hasBody, type Row, type RowState } from './capture-model.ts';

/** What the contract leaves open, or today's limits. */
export interface Terms {
  /** Several edits between two looks may be told as one. */
  readonly mayMergeEdits: boolean;
  /** Whether a new row's mark (late, replay) is looked at: with a shifted clock anything may be late. */
  readonly areMarksJudged: boolean;
  /** Unix ms at which the daemon's clock was set to something else. */
  readonly jumps: readonly number[];
  /** Unix ms, ascending, at which all had been seen that was committed before: a new row behind it was told. */
  readonly sightings: readonly number[];
  /** What iCloud brings back is told as it is, with no step of its past; `true` expects them of it as well. */
  readonly areAllStepsTold?: boolean;
}

/** Of an event that may stand anywhere among the others. */
export const ANY_RANK = Number.POSITIVE_INFINITY;

/** What one look at a row tells: `min` to `max` events of a type. */
export interface Slot {
  readonly type: string;
  readonly what: string;
  readonly min: number;
  readonly max: number;
  /** Events come in the order of their ranks. */
  readonly rank: number;
  /** What the last of them must say. */
  readonly text?: string | null;
  readonly mark?: string;
  readonly isOfApp?: boolean;
  /** Which files it must call ready, and which not. */
  readonly files?: Readonly<Record<string, number>>;
}

/** What a look tells that finds `next` where `before` was told last; `null`: nothing was. */
export function slotsOf(before: RowState | null, next: RowState, row: Row, terms: Terms): Slot[] {
  if (!next.isThere) {
    const isTold =
      before !== null && before.isThere && before.kind === 'message' && before.place !== 'recent';
    return isTold ? [one('message.deleted', { rank: 9 })] : [];
  }
  if (before === null || !before.isThere) {
    return newRow(next, row, terms);
  }
  if (next.kind !== 'message') {
    return [];
  }
  return [...progress(before, next), ...content(before, next, terms), ...deletion(before, next)];
}

function newRow(next: RowState, row: Row, terms: Terms): Slot[] {
  if (next.kind !== 'message') {
    return [one(next.kind)];
  }
  const what = next.place === 'nowhere' ? 'derived' : 'joined';
  const mark = terms.areMarksJudged ? { mark: row.mark } : {};
  const edits = editsOf(next);
  const text = edits === 0 ? textOf(next) : {};
  const blank: RowState = { ...next, isSent: false, isDelivered: false, isRead: false, error: 0 };
  const isUnsent = !next.isSent && !next.isDelivered && next.error === 0;
  const type = next.isOwn ? (isUnsent ? 'message.created' : null) : 'message.received';
  const says = { what, rank: 1, isOfApp: next.hasPreview, files: next.files, ...mark, ...text };
  return [
    ...(type === null ? [] : [one(type, says)]),
    ...progress(blank, next),
    // One that comes edited, taken back or deleted tells that too; what iCloud brings back is told as it is. With a
    // shifted clock anything may pass for that.
    ...laterSteps(next, edits, terms).map((slot) =>
      terms.areAllStepsTold === true || (row.mark === '' && terms.areMarksJudged)
        ? slot
        : { ...slot, min: 0 },
    ),
  ];
}

function laterSteps(next: RowState, edits: number, { mayMergeEdits }: Terms): Slot[] {
  const retracted = next.content?.retracted.length ?? 0;
  return [
    { ...one('message.edited'), min: mayMergeEdits ? Math.min(edits, 1) : edits, max: edits },
    { ...one('message.unsent'), min: Math.min(retracted, 1), max: retracted },
    { ...one('message.deleted'), min: next.place === 'recent' ? 1 : 0, max: next.place === 'recent' ? 1 : 0 },
  ];
}

function progress(before: RowState, next: RowState): Slot[] {
  const slots: Slot[] = [];
  if (next.error !== 0 && next.error !== before.error) {
    slots.push(one('message.failed', { rank: 2 }));
  }
  if (next.isOwn && next.isSent && !before.isSent && next.error === 0) {
    slots.push(one('message.sent', { rank: 3 }));
  }
  if (next.isOwn && next.isDelivered && !before.isDelivered) {
    slots.push(one('message.delivered', { rank: 4 }));
  }
  if (next.isRead && !before.isRead) {
    slots.push(one('message.read', { what: next.isOwn ? 'contact' : 'self', rank: 5 }));
  }
  return slots;
}

function content(before: RowState, next: RowState, terms: Terms): Slot[] {
  const slots: Slot[] = [];
  const edits = Math.max(0, editsOf(next) - editsOf(before));
  const retracted = (next.content?.retracted.length ?? 0) - (before.content?.retracted.length ?? 0);
  if (edits > 0) {
    const min = terms.mayMergeEdits ? 1 : edits;
    slots.push({ ...one('message.edited', textOf(next)), min, max: edits });
  }
  if (retracted > 0) {
    slots.push({ ...one('message.unsent'), max: retracted });
  }
  const reasons = [
    before.place === 'nowhere' && next.place !== 'nowhere',
    before.place === 'recent' && next.place === 'chat',
    !hasBody(before) && hasBody(next) && !next.isEmptied,
    !before.hasPreview && next.hasPreview,
    (next.content?.transcript ?? null) !== (before.content?.transcript ?? null),
  ].filter(Boolean).length;
  if (reasons > 0) {
    // An edit or an unsend shows the whole message: it says the rest as well.
    slots.push({ ...one('message.updated'), min: edits + retracted > 0 ? 0 : 1, max: reasons });
  }
  for (const [file, state] of Object.entries(next.files)) {
    if (state === 5 && before.files[file] !== 5) {
      slots.push(one('attachment.ready', { what: file }));
    }
  }
  return slots;
}

function deletion(before: RowState, next: RowState): Slot[] {
  return before.place !== 'recent' && next.place === 'recent' ? [one('message.deleted')] : [];
}

function textOf(state: RowState): { text?: string | null } {
  const { content } = state;
  return content === null || content.retracted.length > 0 ? {} : { text: content.text };
}

function one(type: string, rest: Partial<Slot> = {}): Slot {
  return { type, what: '', min: 1, max: 1, rank: ANY_RANK, ...rest };
}
