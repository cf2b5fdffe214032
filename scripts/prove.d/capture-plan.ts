import type { FlagChange, NewFile, Op } from './capture-ops.ts';
import { Draft, type Planned } from './capture-draft.ts';
import { EMPTY_CONTENT, edited, hasBody, type Chat, type Row, type RowState } from './capture-model.ts';
import type { History } from './capture-history.ts';
import { NewRows } from './capture-new-rows.ts';
import { isBare, isEditable, Targets } from './capture-targets.ts';
import type { Random } from './random.ts';

/** Rows that are written to wait. */
const WAITING_ROWS = 8;
const DAY_MS = 86_400_000;
const AGES_MS = [2 * DAY_MS, 30 * DAY_MS, 3 * 365 * DAY_MS] as const;

export interface PlanOptions {
  readonly random: Random;
  readonly chats: readonly [Chat, ...Chat[]];
  readonly history: History;
  /** Only the newest rows are changed. */
  readonly isNear: boolean;
}

/** What a round asks for. */
export interface RoundTerms {
  /** The writer is waited for after each transaction. */
  readonly isLockstep: boolean;
  /** Rows may be deleted for good. */
  readonly mayPurge: boolean;
  /** Second copies of old rows, which must find their first one untouched. */
  readonly mayReplay: boolean;
  /** Only the newest rows are changed. */
  readonly isNear: boolean;
}

interface Due {
  readonly row: Row;
  readonly what: 'join' | 'body';
  /** Not before that transaction, and not before that time (Unix ms). */
  readonly after: number;
  readonly at: number;
}

type Maker = (draft: Draft) => boolean;

/** Decides at random what is written next, and keeps the model in step with it. */
export class Plan {
  readonly #random: Random;
  readonly #options: PlanOptions;
  readonly rows: NewRows;
  readonly #targets: Targets;
  readonly #due: Due[] = [];
  #transactions = 0;
  /** Nothing more may come into this transaction. */
  #isSealed = false;
  #terms: RoundTerms = { isLockstep: false, mayPurge: true, mayReplay: false, isNear: false };
  #makers: readonly (readonly [number, Maker])[] = [];

  constructor(options: PlanOptions) {
    this.#options = options;
    this.#random = options.random;
    this.rows = new NewRows(options.random, options.chats);
    this.#targets = new Targets(options.random, this.rows.all, options.history);
  }

  begin(terms: RoundTerms): void {
    this.#terms = { ...terms, isNear: terms.isNear || this.#options.isNear };
    this.#makers = this.#weights();
  }

  /** One to six changes, now and then many. */
  transaction(end: { readonly isRolledBack?: boolean; readonly isCrashing?: boolean } = {}): Planned {
    const draft = new Draft();
    this.#transactions += 1;
    this.#complete(draft, this.#transactions, Date.now());
    const dice = this.#random.below(100);
    const isLong = end.isRolledBack === true || end.isCrashing === true || dice < 4;
    const wanted = isLong ? 30 + this.#random.below(120) : 1 + this.#random.below(dice < 50 ? 2 : 6);
    this.#isSealed = false;
    while (draft.size < wanted && !this.#isSealed) {
      this.#one(draft);
    }
    const crashBefore = end.isCrashing === true ? this.#random.below(draft.size) : null;
    return draft.plan({ isRolledBack: end.isRolledBack ?? false, crashBefore });
  }

  /** New rows and nothing else. */
  burst(rows: number): Planned {
    const draft = new Draft();
    for (let index = 0; index < rows; index += 1) {
      this.#incoming(draft);
    }
    return draft.plan();
  }

  /** A row whose only use is that its event shows that the database has been looked at. */
  sentinel(): Planned {
    const draft = new Draft();
    this.#incoming(draft);
    return draft.plan();
  }

  /** Rows without their chat and rows without their body, which get it only after so many ms. */
  waiting(ms: number): Planned {
    const draft = new Draft();
    for (let index = 0; index < WAITING_ROWS; index += 1) {
      this.#late(draft, index % 2 === 0 ? 'join' : 'body', ms);
    }
    return draft.plan();
  }

  /** What still lacks something gets it now. */
  completeAll(): Planned {
    const draft = new Draft();
    this.#complete(draft, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    return draft.plan();
  }

  #complete(draft: Draft, transaction: number, now: number): void {
    const due = this.#due.filter((one) => one.after <= transaction && one.at <= now);
    for (const one of due) {
      this.#due.splice(this.#due.indexOf(one), 1);
      draft.onUndo(() => this.#due.push(one));
      const { row } = one;
      if (!row.now.isThere) {
        continue;
      }
      if (one.what === 'join' && row.now.place === 'nowhere') {
        draft.change(row, { op: 'join', guid: row.guid, chat: row.chat.guid }, 'joined late');
      } else if (one.what === 'body' && !hasBody(row.now)) {
        this.#write(draft, row, { content: { ...EMPTY_CONTENT, text: this.rows.text() } }, 'body late');
      }
    }
  }

  #one(draft: Draft): void {
    const total = this.#makers.reduce((sum, [weight]) => sum + weight, 0);
    let dice = this.#random.below(total);
    const maker = this.#makers.find(([weight]) => {
      dice -= weight;
      return dice < 0;
    });
    if (maker?.[1](draft) !== true) {
      this.#incoming(draft);
    }
  }

  #weights(): (readonly [number, Maker])[] {
    const flags = (set: FlagChange, fits: (state: RowState) => boolean): Maker => {
      return (draft) => this.#flags(draft, set, fits);
    };
    const { mayPurge, mayReplay } = this.#terms;
    return [
      [16, (draft) => this.#incoming(draft)],
      [12, (draft) => this.#outgoing(draft)],
      [3, (draft) => this.#incoming(draft, { isRead: true })],
      [3, (draft) => this.#incoming(draft, { ageMs: this.#random.pick(AGES_MS) })],
      [4, (draft) => this.#late(draft, 'join')],
      [3, (draft) => this.#late(draft, 'body')],
      [4, (draft) => this.#withFiles(draft)],
      [1, (draft) => this.#audio(draft)],
      [9, flags('sent', (state) => state.isOwn && !state.isSent && state.error === 0)],
      [8, flags('delivered', (state) => state.isSent && !state.isDelivered)],
      [6, flags('read', (state) => state.isSent && !state.isRead)],
      [3, flags('delivered_read', (state) => state.isSent && !state.isDelivered && !state.isRead)],
      [7, flags('owner_read', (state) => !state.isOwn && !state.isRead)],
      [2, flags('failed', (state) => state.isOwn && !state.isSent && state.error === 0)],
      [1, flags('retried', (state) => state.error !== 0)],
      [7, (draft) => this.#edit(draft, (state) => (state.content?.revisions.length ?? 0) === 0)],
      [3, (draft) => this.#edit(draft, (state) => (state.content?.revisions.length ?? 0) > 0)],
      [2, (draft) => this.#unsend(draft, false)],
      [2, (draft) => this.#unsend(draft, true)],
      [4, (draft) => this.#tapback(draft)],
      [4, (draft) => this.#tapbackAgain(draft)],
      [5, (draft) => this.#fileMoves(draft)],
      [2, (draft) => this.#preview(draft)],
      [2, (draft) => this.#transcript(draft)],
      [2, (draft) => this.#moved(draft, 'recent', (state) => state.place === 'chat')],
      [2, (draft) => this.#moved(draft, 'restore', (state) => state.place === 'recent')],
      [mayPurge ? 2 : 0, (draft) => this.#moved(draft, 'purge', () => true)],
      [mayReplay ? 2 : 0, (draft) => this.#replay(draft)],
      [2, (draft) => this.#group(draft)],
      [1, (draft) => this.#chat(draft)],
      [6, (draft) => this.#noise(draft)],
    ];
  }

  #incoming(draft: Draft, how: Parameters<NewRows['incoming']>[0] = {}): boolean {
    const { row, op } = this.rows.incoming(how);
    draft.insert(row, op, how.ageMs === undefined ? 'came' : 'came with an old date');
    return true;
  }

  #outgoing(draft: Draft): boolean {
    const { row, op } = this.rows.outgoing(this.#random.below(8) === 0);
    draft.insert(row, op, 'ours');
    return true;
  }

  #late(draft: Draft, what: 'join' | 'body', ms = 0): boolean {
    const isOwn = what === 'join' && this.#random.below(3) === 0;
    const made = isOwn
      ? this.rows.outgoing(false, { isJoined: false })
      : this.rows.incoming({ isJoined: what !== 'join', hasBody: what !== 'body' });
    draft.insert(made.row, made.op, `without its ${what}`);
    const { isNear } = this.#terms;
    // Mostly at once, as on a Mac; now and then so late that the row has been told without.
    const isOverdue = !isNear && this.#random.below(60) === 0;
    this.#due.push({
      row: made.row,
      what,
      after: this.#transactions + 1 + this.#random.below(3),
      at: Date.now() + (isOverdue ? (what === 'join' ? 17_000 : 4_000) : ms),
    });
    return true;
  }

  #withFiles(draft: Draft): boolean {
    const files: NewFile[] = Array.from({ length: 1 + this.#random.below(2) }, () => ({
      guid: this.rows.guid(),
      state: this.#random.below(4) === 0 ? 5 : 0,
    }));
    const { row, op } = this.rows.incoming({ files });
    draft.insert(row, op, 'came with files');
    return true;
  }

  #audio(draft: Draft): boolean {
    const { row, op } = this.rows.incoming({ files: [{ guid: this.rows.guid(), state: 5 }], isAudio: true });
    draft.insert(row, op, 'a voice message came');
    return true;
  }

  #flags(draft: Draft, set: FlagChange, fits: (state: RowState) => boolean): boolean {
    const row = this.#target((one) => fits(one.now) && one.now.kind === 'message');
    if (row === null) {
      return false;
    }
    draft.change(row, { op: 'flags', guid: row.guid, set, at: Date.now() }, set);
    return true;
  }

  #edit(draft: Draft, fits: (state: RowState) => boolean): boolean {
    const row = this.#target((one) => isEditable(one) && fits(one.now));
    if (row === null) {
      return false;
    }
    const at = Date.now();
    const content = edited(row.now.content ?? EMPTY_CONTENT, this.rows.text(), at, row.date.at);
    this.#write(draft, row, { content, editedAt: at }, 'edited');
    return true;
  }

  #unsend(draft: Draft, isPartial: boolean): boolean {
    const row = this.#target(
      (one) => isEditable(one) && (!isPartial || (one.now.content?.files.length ?? 0) > 0),
    );
    if (row === null) {
      return false;
    }
    const before = row.now.content ?? { ...EMPTY_CONTENT, text: '' };
    const all = [...before.files.keys(), before.files.length];
    const content = { ...before, retracted: isPartial ? all.slice(0, 1) : all };
    const story = isPartial ? 'unsent in part' : 'unsent';
    this.#write(draft, row, { content, editedAt: Date.now() }, story);
    return true;
  }

  #write(
    draft: Draft,
    row: Row,
    written: Pick<Extract<Op, { op: 'content' }>, 'content'> & { readonly editedAt?: number },
    story: string,
  ): void {
    const { content, editedAt = null } = written;
    draft.change(row, { op: 'content', guid: row.guid, isOwn: row.now.isOwn, content, editedAt }, story);
  }

  #tapback(draft: Draft): boolean {
    const target = this.#target((one) => one.now.kind === 'message' && one.now.place === 'chat');
    if (target === null) {
      return false;
    }
    const by = this.#random.below(3) === 0 ? null : this.#random.pick(target.chat.members);
    const { row, op } = this.rows.tapback(target, by, { isRemoval: false, replaces: null });
    draft.insert(row, op, 'tapback');
    return true;
  }

  /** Another tapback in the place of one, or one taken off: the first row goes. */
  #tapbackAgain(draft: Draft): boolean {
    const before = this.#target((one) => one.now.kind === 'reaction.added' && one.target !== null);
    if (before?.target === null || before === null) {
      return false;
    }
    const isRemoval = this.#random.below(2) === 0;
    const { row, op } = this.rows.tapback(before.target, before.from, { isRemoval, replaces: before.guid });
    draft.insert(row, op, isRemoval ? 'tapback off' : 'tapback changed');
    draft.alsoGone(before);
    return true;
  }

  #fileMoves(draft: Draft): boolean {
    const row = this.#target((one) => Object.values(one.now.files).some((state) => state < 5));
    const waiting = Object.entries(row?.now.files ?? {}).find(([, state]) => state < 5);
    if (row === null || waiting === undefined) {
      return false;
    }
    const [file, state] = waiting;
    const next = this.#random.below(2) === 0 ? 5 : Math.min(4, state + 1);
    draft.change(row, { op: 'file', file, state: next }, `file at ${next}`);
    return true;
  }

  #preview(draft: Draft): boolean {
    const row = this.#target((one) => isEditable(one) && !one.now.hasPreview && isBare(one.now));
    if (row === null) {
      return false;
    }
    draft.change(row, { op: 'preview', guid: row.guid, title: this.rows.guid() }, 'preview');
    return true;
  }

  #transcript(draft: Draft): boolean {
    const row = this.#target((one) => isEditable(one) && one.isAudio && one.now.content?.transcript === null);
    const content = row?.now.content ?? null;
    if (row === null || content === null) {
      return false;
    }
    this.#write(draft, row, { content: { ...content, transcript: this.rows.text() } }, 'transcript');
    return true;
  }

  #moved(draft: Draft, op: 'recent' | 'restore' | 'purge', fits: (state: RowState) => boolean): boolean {
    const row = this.#target((one) => one.now.kind === 'message' && fits(one.now));
    if (row === null) {
      return false;
    }
    draft.change(row, { op, guid: row.guid, at: Date.now() }, op);
    return true;
  }

  #replay(draft: Draft): boolean {
    const first = this.#target(
      (one) =>
        isEditable(one) && isBare(one.now) && one.told !== null && one.now === one.told && !one.now.isOwn,
    );
    if (first === null || first.mark !== '' || first.ordinal === 0) {
      return false;
    }
    const { row, op } = this.rows.copyOf(first);
    draft.insert(row, op, `second copy of ${first.guid}`);
    this.#isSealed = true;
    return true;
  }

  #group(draft: Draft): boolean {
    const { row, op } = this.rows.groupEvent();
    draft.insert(row, op, 'group event');
    return true;
  }

  #chat(draft: Draft): boolean {
    draft.chat(this.rows.chat());
    return true;
  }

  #noise(draft: Draft): boolean {
    const row = this.#target((one) => one.now.place === 'chat');
    if (row === null) {
      return false;
    }
    draft.change(row, { op: 'noise', guid: row.guid, value: this.#random.below(1e9) }, 'noise');
    return true;
  }

  #target(fits: (row: Row) => boolean): Row | null {
    return this.#targets.pick(fits, this.#terms.isNear);
  }
}
