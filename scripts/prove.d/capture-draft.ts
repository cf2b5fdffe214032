import type { Op, WriterTransaction } from './capture-ops.ts';
import { ABSENT, after, type Chat, type Row, type RowState } from './capture-model.ts';

/** A transaction that has been decided: what the writer does, and what it makes of which rows. */
export interface Planned {
  readonly transaction: WriterTransaction;
  /** Changes of rows in it. */
  readonly changes: number;
  /** What the rows say once it has committed. */
  readonly results: ReadonlyMap<Row, RowState>;
  readonly chats: readonly Chat[];
  /** Takes back in the model what will never commit. */
  readonly undo: () => void;
}

/** A transaction in the making. */
export class Draft {
  readonly #ops: Op[] = [];
  readonly #before: (readonly [Row, RowState])[] = [];
  readonly #results = new Map<Row, RowState>();
  readonly #chats: Chat[] = [];
  readonly #undos: (() => void)[] = [];
  #changes = 0;

  get size(): number {
    return this.#ops.length;
  }

  /** A row that this transaction writes; it was made with `now` as its state. */
  insert(row: Row, op: Op, story: string): void {
    this.#note(row, ABSENT, row.now);
    this.#push(row, op, story);
  }

  change(row: Row, op: Op, story: string): void {
    const next = after(row.now, op);
    this.#note(row, row.now, next);
    row.now = next;
    this.#push(row, op, story);
  }

  /** Something else that goes with a change of this row, such as the tapback that another replaces. */
  alsoGone(row: Row): void {
    const next: RowState = { ...ABSENT, kind: row.now.kind, isOwn: row.now.isOwn };
    this.#note(row, row.now, next);
    row.now = next;
    row.story.push('replaced');
  }

  /** To be taken back as well if this never commits. */
  onUndo(undo: () => void): void {
    this.#undos.push(undo);
  }

  chat(chat: Chat): void {
    this.#ops.push({ op: 'chat', ...chat });
    this.#chats.push(chat);
    this.#changes += 1;
  }

  plan(end: { readonly isRolledBack?: boolean; readonly crashBefore?: number | null } = {}): Planned {
    const { isRolledBack = false, crashBefore = null } = end;
    const before = this.#before.toReversed();
    return {
      transaction: { ops: this.#ops, isRolledBack, crashBefore },
      changes: this.#changes,
      results: this.#results,
      chats: this.#chats,
      undo: () => {
        for (const [row, state] of before) {
          row.now = state;
          row.story.push('(undone)');
        }
        for (const undo of this.#undos) {
          undo();
        }
      },
    };
  }

  #note(row: Row, before: RowState, next: RowState): void {
    this.#before.push([row, before]);
    this.#results.set(row, next);
  }

  #push(row: Row, op: Op, story: string): void {
    this.#ops.push(op);
    this.#changes += 1;
    row.story.push(story);
  }
}
