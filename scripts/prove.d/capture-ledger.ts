import { setTimeout as wait } from 'node:timers/promises';
import type { Planned } from './capture-draft.ts';
import { Findings } from './capture-findings.ts';
import { judge } from './capture-judge.ts';
import type { Terms } from './capture-slots.ts';
import type { JournalTail, Seen } from './capture-journal.ts';
import { believe } from './capture-final.ts';
import { isComplete, type Chat, type Row, type RowState } from './capture-model.ts';
import { ChatOrders } from './capture-order.ts';

/** Events that are not about rows of chat.db. */
const OTHER = /^(?:bridge|command|line|contact)\./u;

/**
 * What has been committed, against what the journal tells. Rows that something has happened to are open until the
 * journal has told it all; whatever it tells beyond is a finding.
 */
export class Ledger {
  readonly findings = new Findings();
  readonly orders = new ChatOrders();
  readonly #journal: JournalTail;
  readonly #rows = new Map<string, Row>();
  readonly #chats = new Map<string, { readonly chat: Chat; told: number }>();
  readonly #open = new Set<Row>();
  /** Open rows that are to be judged again: something was committed or told of them since. */
  readonly #touched = new Set<Row>();
  /** New rows of this stretch, to be put in the order of the journal. */
  #firsts: {
    readonly row: Row;
    readonly sequence: number;
    readonly step: number;
    readonly isLate: boolean;
  }[] = [];
  events = 0;
  changes = 0;
  gaps: string[] = [];
  readonly strangers: string[] = [];
  terms: Terms;

  constructor(journal: JournalTail, terms: Terms, history: readonly Row[]) {
    this.#journal = journal;
    this.terms = terms;
    for (const row of history) {
      this.#rows.set(row.guid, row);
    }
  }

  get head(): number {
    return this.#journal.head;
  }

  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  committed(planned: Planned, step: number, at: number): void {
    this.changes += planned.changes;
    for (const chat of planned.chats) {
      this.#chats.set(chat.guid, { chat, told: this.#chats.get(chat.guid)?.told ?? 0 });
    }
    for (const [row, state] of planned.results) {
      this.#rows.set(row.guid, row);
      row.versions.push({ state, step, at });
      this.#open.add(row);
      this.#touched.add(row);
    }
  }

  /**
   * Reads on until everything that has been committed is told.
   * @returns how long that took, ms, or `null` if it did not happen within `limitMs`
   */
  async settle(limitMs: number, pollMs: number): Promise<number | null> {
    const start = performance.now();
    for (;;) {
      this.read();
      if (this.#isSettled()) {
        return performance.now() - start;
      }
      if (performance.now() - start > limitMs) {
        return null;
      }
      await wait(pollMs);
    }
  }

  /** Reads on until something is told of that row. */
  async awaitRow(row: Row, limitMs: number, pollMs: number): Promise<boolean> {
    for (const start = performance.now(); ; await wait(pollMs)) {
      this.read();
      if (row.seen.length > 0 || row.told !== null) {
        return true;
      }
      if (performance.now() - start > limitMs) {
        return false;
      }
    }
  }

  /** Reads on until what was done to a row is told whole: when its last event was read, or `null` if it was not. */
  async lastTold(row: Row, limitMs: number): Promise<bigint | null> {
    for (const start = performance.now(); ; await wait(1)) {
      this.read();
      if (row.seen.length > 0 && judge(row, this.terms, Date.now()).verdict === 'told') {
        return row.seen.at(-1)?.ticks ?? null;
      }
      if (performance.now() - start > limitMs) {
        return null;
      }
    }
  }

  /** Takes what the journal has to tell now. No order may be under way: what it writes is not known yet. */
  read(): void {
    for (const event of this.#journal.read()) {
      this.#take(event);
    }
  }

  /** Ends a stretch: what is wrong now stays wrong, and is forgotten for the next. */
  close(where: string): void {
    const now = Date.now();
    for (const row of this.#open) {
      const verdict = judge(row, this.terms, now);
      if (verdict.verdict === 'open') {
        continue;
      }
      if (verdict.verdict === 'wrong') {
        this.findings.add(verdict.fault, row, where, verdict.why);
        row.isGivenUp ||= verdict.fault === 'lost';
        this.#close(row, row.committed);
      } else {
        this.#close(row, verdict.verdict === 'told' ? verdict.told : row.committed);
      }
    }
    this.#putInOrder();
    for (const { chat, told } of this.#chats.values()) {
      if (told !== 1) {
        this.strangers.push(`${where}: chat.created of ${chat.guid} told ${told} times`);
      }
    }
    this.#chats.clear();
  }

  /** How many rows still wait for something, or to be told. */
  get openRows(): number {
    return this.#open.size;
  }

  #isSettled(): boolean {
    const now = Date.now();
    for (const row of this.#touched) {
      const verdict = judge(row, this.terms, now);
      if (verdict.verdict === 'wrong' || verdict.verdict === 'early') {
        return false;
      }
      if (verdict.verdict === 'told') {
        this.#close(row, verdict.told);
      }
      this.#touched.delete(row);
    }
    return [...this.#chats.values()].every(({ told }) => told > 0);
  }

  #take(event: Seen): void {
    this.events += 1;
    if (event.type === 'bridge.gap') {
      this.gaps.push(event.gapReason);
    }
    if (OTHER.test(event.type)) {
      return;
    }
    if (event.type === 'chat.created') {
      const known = this.#chats.get(event.guid);
      if (known === undefined) {
        this.strangers.push(`chat.created of ${event.guid}, which was told before or never made`);
      } else {
        known.told += 1;
      }
      return;
    }
    const row = this.#rows.get(event.guid);
    if (row === undefined) {
      this.strangers.push(`${event.type} of ${event.guid}, which nothing was done to`);
      return;
    }
    row.seen.push(event);
    believe(row.belief, event);
    this.#open.add(row);
    this.#touched.add(row);
  }

  #close(row: Row, told: RowState | null): void {
    const first = row.seen[0];
    const complete = row.versions.find((version) => isComplete(version.state));
    const inserted = row.versions[0];
    if (row.told === null && first !== undefined && complete !== undefined && inserted !== undefined) {
      const isOnTime = first.what !== 'derived';
      if (isOnTime) {
        const isLate = complete !== inserted;
        this.#firsts.push({ row, sequence: first.sequence, step: complete.step, isLate });
      }
    }
    row.told = told;
    row.versions = [];
    row.seen = [];
    this.#open.delete(row);
    this.#touched.delete(row);
  }

  #putInOrder(): void {
    for (const first of this.#firsts.toSorted((a, b) => a.sequence - b.sequence)) {
      this.orders.told(first.row, first.step, first.isLate);
    }
    this.#firsts = [];
  }
}
