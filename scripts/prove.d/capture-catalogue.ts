import { setTimeout as wait } from 'node:timers/promises';
import { Draft } from './capture-draft.ts';
import { edited, EMPTY_CONTENT, type Row, type RowState } from './capture-model.ts';
import type { FlagChange } from './capture-ops.ts';
import type { Storm } from './capture-storm.ts';

/** What a kind of change was seen to do, on rows of one age. */
export interface Column {
  readonly wanted: number;
  /** How often exactly what was expected was told, and nothing else. */
  readonly seen: number;
  /** From the commit to the last event of the change, as it can be read in the journal; a millisecond is not resolved. */
  readonly ms: readonly number[];
}

export interface Line {
  readonly kind: string;
  readonly expected: string;
  /** On the newest rows, or where the kind says so on rows more than 500 back. */
  readonly near: Column;
  /** On rows that are years old; `null` for kinds that make a new row. */
  readonly far: Column | null;
}

/** Apart from each other, so that each change meets a daemon at rest. */
const GAP_MS = 150;
const LIMIT_MS = 3_000;
const DAY_MS = 86_400_000;

interface Kind {
  readonly kind: string;
  readonly expected: string;
  /** A new row, in one transaction or in two so many ms apart. */
  readonly make?: (draft: Draft) => Row;
  readonly joinAfterMs?: number;
  /** A change of a row of this kind. */
  readonly fits?: (state: RowState) => boolean;
  readonly change?: (draft: Draft, row: Row) => void;
  /** What a newest row must have gone through to fit. */
  readonly before?: readonly FlagChange[];
  readonly isOwn?: boolean;
  readonly isBack?: boolean;
}

/** Every kind of change by itself, so often on rows of each age. */
export async function runCatalogue(storm: Storm, times: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (const kind of kinds(storm)) {
    const near = await column(storm, kind, times, () => nearRow(storm, kind));
    const isFar = kind.change !== undefined;
    const far = isFar
      ? await column(storm, kind, times, () => Promise.resolve(historyRow(storm.history.old, kind)))
      : null;
    lines.push({ kind: kind.kind, expected: kind.expected, near, far });
  }
  return lines;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function column(
  storm: Storm,
  kind: Kind,
  times: number,
  target: () => Promise<Row | null>,
): Promise<Column> {
  const ms: number[] = [];
  let seen = 0;
  for (let index = 0; index < times; index += 1) {
    const row = kind.make === undefined ? await target() : null;
    await wait(GAP_MS + storm.random.below(GAP_MS));
    const before = storm.ledger.findings.total + storm.ledger.strangers.length;
    const took = await once(storm, kind, row);
    // A second telling of it would come with the next look.
    await storm.settle(kind.kind);
    if (took !== null && storm.ledger.findings.total + storm.ledger.strangers.length === before) {
      seen += 1;
      ms.push(took);
    }
  }
  return { wanted: times, seen, ms };
}

/** Writes the change and waits until it is told whole: ms, or `null` if it was not. */
async function once(storm: Storm, kind: Kind, target: Row | null): Promise<number | null> {
  const draft = new Draft();
  if (target !== null) {
    kind.change?.(draft, target);
  }
  const row = kind.make?.(draft) ?? target;
  if (row === null) {
    throw new Error(`the history has no row left for: ${kind.kind}`);
  }
  let committed = await storm.write([draft.plan()]);
  if (kind.joinAfterMs !== undefined) {
    await wait(kind.joinAfterMs);
    const later = new Draft();
    later.change(row, { op: 'join', guid: row.guid, chat: row.chat.guid }, 'joined late');
    committed = await storm.write([later.plan()]);
  }
  const last = await storm.ledger.lastTold(row, LIMIT_MS);
  return last === null ? null : Number(last - committed) / 1e6;
}

/** A row that the storm writes for the purpose, or one of the history that is more than 500 rows back. */
async function nearRow(storm: Storm, kind: Kind): Promise<Row | null> {
  if (kind.isBack === true) {
    return historyRow(storm.history.back, kind);
  }
  const draft = new Draft();
  const { row, op } =
    kind.isOwn === true ? storm.plan.rows.outgoing(false) : storm.plan.rows.incoming({ isGroup: false });
  draft.insert(row, op, 'made');
  for (const set of kind.before ?? []) {
    draft.change(row, { op: 'flags', guid: row.guid, set, at: Date.now() }, set);
  }
  await storm.write([draft.plan()]);
  await storm.settle(kind.kind);
  return row;
}

/** Each row is used once. */
function historyRow(rows: readonly Row[], { fits }: Kind): Row | null {
  return rows.find((row) => row.story.length === 0 && fits?.(row.now) === true) ?? null;
}

function kinds(storm: Storm): Kind[] {
  const { rows } = storm.plan;
  const make = (how: Parameters<typeof rows.incoming>[0]) => (draft: Draft) => {
    const { row, op } = rows.incoming(how);
    draft.insert(row, op, 'came');
    return row;
  };
  const flag = (set: FlagChange) => (draft: Draft, row: Row) =>
    draft.change(row, { op: 'flags', guid: row.guid, set, at: Date.now() }, set);
  const edit = (draft: Draft, row: Row) => {
    const at = Date.now();
    const content = edited(row.now.content ?? EMPTY_CONTENT, rows.text(), at, row.date.at);
    draft.change(row, { op: 'content', guid: row.guid, isOwn: false, content, editedAt: at }, 'edited');
  };
  const unsend = (draft: Draft, row: Row) => {
    const content = { ...(row.now.content ?? { ...EMPTY_CONTENT, text: '' }), retracted: [0] };
    draft.change(
      row,
      { op: 'content', guid: row.guid, isOwn: false, content, editedAt: Date.now() },
      'unsent',
    );
  };
  const unsent = (state: RowState) => state.isOwn && !state.isSent;
  const undelivered = (state: RowState) => state.isSent && !state.isDelivered;
  const unread = (state: RowState) => state.isSent && state.isDelivered && !state.isRead;
  const theirs = (state: RowState) => !state.isOwn && !state.isRead;
  const received = 'message.received';
  const own = { isOwn: true };
  return [
    { kind: 'new inbound 1:1', expected: received, make: make({ isGroup: false }) },
    { kind: 'new inbound group', expected: received, make: make({ isGroup: true }) },
    { kind: 'tapback row', expected: 'reaction.added', make: (draft) => tapback(storm, draft) },
    { kind: 'late row, date 2 days old', expected: `${received}, late`, make: make({ ageMs: 2 * DAY_MS }) },
    { kind: 'late row, date 30 days old', expected: `${received}, late`, make: make({ ageMs: 30 * DAY_MS }) },
    { kind: 'join 5 ms after the row', expected: received, make: make({ isJoined: false }), joinAfterMs: 5 },
    {
      kind: 'join 1 s after the row',
      expected: received,
      make: make({ isJoined: false }),
      joinAfterMs: 1000,
    },
    { kind: 'new outgoing row', expected: 'message.created', make: (draft) => outgoing(storm, draft) },
    { kind: 'outgoing: sent', expected: 'message.sent', ...own, fits: unsent, change: flag('sent') },
    {
      kind: 'outgoing: delivered',
      expected: 'message.delivered',
      ...own,
      before: ['sent'],
      fits: undelivered,
      change: flag('delivered'),
    },
    {
      kind: 'outgoing: read receipt',
      expected: 'message.read (contact)',
      ...own,
      before: ['sent', 'delivered'],
      fits: unread,
      change: flag('read'),
    },
    {
      kind: 'outgoing: send failed',
      expected: 'message.failed',
      ...own,
      fits: unsent,
      change: flag('failed'),
    },
    { kind: 'edit of an inbound', expected: 'message.edited', fits: theirs, change: edit },
    {
      kind: 'inbound marked read',
      expected: 'message.read (self)',
      fits: theirs,
      change: flag('owner_read'),
    },
    { kind: 'unsend of an inbound', expected: 'message.unsent', fits: theirs, change: unsend },
    { kind: 'edit, >500 rows back', expected: 'message.edited', fits: theirs, change: edit, isBack: true },
    {
      kind: 'read receipt, >500 rows back',
      expected: 'message.read (contact)',
      fits: unread,
      change: flag('read'),
      isBack: true,
    },
    {
      kind: 'delivered, >500 rows back',
      expected: 'message.delivered',
      fits: undelivered,
      change: flag('delivered'),
      isBack: true,
    },
  ];
}

function outgoing(storm: Storm, draft: Draft): Row {
  const { row, op } = storm.plan.rows.outgoing(false);
  draft.insert(row, op, 'ours');
  return row;
}

/** On a message of years ago. */
function tapback(storm: Storm, draft: Draft): Row {
  const target = storm.history.old.find((row) => row.now.isThere);
  if (target === undefined) {
    throw new Error('the history has no row for a tapback');
  }
  const how = { isRemoval: false, replaces: null };
  const { row, op } = storm.plan.rows.tapback(target, storm.random.pick(target.chat.members), how);
  draft.insert(row, op, 'tapback');
  return row;
}
