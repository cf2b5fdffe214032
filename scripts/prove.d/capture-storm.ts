import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Daemon, type Mode } from './capture-daemon.ts';
import type { Planned } from './capture-draft.ts';
import type { Fault } from './capture-faults.ts';
import { makeHistory, type History } from './capture-history.ts';
import { JournalTail } from './capture-journal.ts';
import { Ledger } from './capture-ledger.ts';
import type { CheckpointMode, Order } from './capture-ops.ts';
import { Plan, type RoundTerms } from './capture-plan.ts';
import { Draft } from './capture-draft.ts';
import { Writer } from './capture-writer-process.ts';
import { seededRandom, type Random } from './random.ts';

export interface StormOptions {
  readonly folder: string;
  readonly seed: number;
  readonly rows: number;
  readonly mode: Mode;
  /** Only what a watch on the newest rows can see is asked for. */
  readonly isNear: boolean;
}

const SAMPLES = 2_500;
/** Until everything is told that was written. */
const SETTLE_MS = 20_000;
/** The same when it has gone wrong before. */
const SHORT_SETTLE_MS = 3_000;
/** After so many there is nothing to be learned from waiting for each of the next. */
const MOST_FINDINGS = 40;
/** A day and an hour: by then the full scan of mode `scan` is due again. */
const NEXT_DAY_SECONDS = 90_000;

/** One database, one daemon, one writer, and the ledger that judges them. */
export class Storm {
  readonly random: Random;
  readonly daemon: Daemon;
  readonly writer: Writer;
  readonly database: string;
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly history: History;
  readonly #journal: JournalTail;
  readonly #isNear: boolean;
  readonly #isScan: boolean;
  /** Rows beyond the newest were changed in this stretch. */
  #isFar = false;
  readonly #jumps: number[] = [];
  #step = 0;
  #offsetSeconds = 0;
  #startedWithSeconds = 0;
  /** The latest day that a daily scan may have been made on. */
  #furthestSeconds = 0;
  #isDeaf = false;
  #checkpoint: CheckpointMode | null = null;
  #hasFailed = false;
  starts = 0;
  writerDeaths = 0;
  /** What could not be done to the files, as a reader that was stopped within a look held the WAL open. */
  readonly spared: string[] = [];
  /** How long each round needed until all was told, ms. */
  readonly catchUps: number[] = [];

  private constructor(
    options: StormOptions,
    parts: Pick<Storm, 'random' | 'daemon' | 'writer' | 'database' | 'plan' | 'history'> & {
      readonly journal: JournalTail;
      readonly ledger: Ledger;
    },
  ) {
    this.random = parts.random;
    this.daemon = parts.daemon;
    this.writer = parts.writer;
    this.database = parts.database;
    this.plan = parts.plan;
    this.ledger = parts.ledger;
    this.history = parts.history;
    this.#journal = parts.journal;
    this.#isNear = options.isNear;
    this.#isScan = options.mode === 'scan';
  }

  /** Makes the database, starts the writer and the daemon, and waits until the daemon follows. */
  static async begin(options: StormOptions): Promise<Storm> {
    const { folder, seed, rows, mode, isNear } = options;
    const random = seededRandom(seed);
    const database = join(folder, 'Messages', 'chat.db');
    const { history, chats } = makeHistory(database, { rows, seed, samples: SAMPLES });
    const writer = new Writer(database);
    await writer.start();
    const first = new Draft();
    for (const chat of chats) {
      first.chat(chat);
    }
    await writer.order({ order: 'write', first: 1, transactions: [first.plan().transaction] });
    const daemon = new Daemon({ home: folder, database, mode });
    await daemon.start({ clockOffsetSeconds: 0, isDeaf: false });
    const journal = new JournalTail(folder);
    const ledger = new Ledger(
      journal,
      { mayMergeEdits: isNear, areMarksJudged: true, jumps: [], sightings: [] },
      [...history.back, ...history.old],
    );
    const plan = new Plan({ random, chats, history, isNear });
    const storm = new Storm(options, { random, daemon, writer, database, plan, history, journal, ledger });
    storm.#step = 1;
    storm.starts = 1;
    await storm.settle('start');
    // What the history says must have been noted before a change of it can be told.
    await daemon.compared();
    return storm;
  }

  get holes(): readonly string[] {
    return this.#journal.holes;
  }

  async end(): Promise<void> {
    await this.daemon.kill();
    await this.writer.stop();
    this.#journal.close();
  }

  /**
   * One order of the writer; what it was killed over is taken back in the model.
   * @returns when the last transaction had committed, nanoseconds of the clock that all processes share
   */
  async write(planned: readonly Planned[]): Promise<bigint> {
    const first = this.#step + 1;
    this.#step += planned.length;
    const outcome = await this.writer.order({
      order: 'write',
      first,
      transactions: planned.map((one) => one.transaction),
    });
    if (outcome.answer === 'written') {
      for (const [index, one] of planned.entries()) {
        if (one.transaction.isRolledBack) {
          one.undo();
        } else {
          this.#commit(one, first + index, outcome.at[index] ?? Date.now());
        }
      }
    } else {
      await this.#recover(planned, first);
    }
    if (this.#checkpoint !== null) {
      await this.control({ order: 'checkpoint', mode: this.#checkpoint });
    }
    return (outcome.answer === 'written' ? outcome.ticks.at(-1) : undefined) ?? process.hrtime.bigint();
  }

  #commit(planned: Planned, step: number, at: number): void {
    this.ledger.committed(planned, step, at);
    for (const chat of planned.chats) {
      this.plan.rows.add(chat);
    }
  }

  async #recover(planned: readonly Planned[], first: number): Promise<void> {
    this.writerDeaths += 1;
    const last = await this.writer.start();
    const kept = Math.max(0, Math.min(planned.length, last - first + 1));
    for (const one of planned.slice(kept).toReversed()) {
      one.undo();
    }
    for (const [index, one] of planned.slice(0, kept).entries()) {
      this.#commit(one, first + index, Date.now());
    }
    this.#step = Math.max(last, first - 1);
  }

  /** An order that changes no row. */
  async control(order: Exclude<Order, { order: 'write' | 'reopen' }>): Promise<void> {
    await this.writer.order(order);
  }

  async reopen(how: Extract<Order, { order: 'reopen' }>['how']): Promise<void> {
    const outcome = await this.writer.order({ order: 'reopen', how });
    if (outcome.answer === 'done' && outcome.value === 0) {
      this.spared.push(how);
    }
  }

  async reviveWriter(): Promise<void> {
    this.writerDeaths += 1;
    await this.writer.start();
  }

  async writeSome(transactions: number): Promise<void> {
    await this.write(Array.from({ length: transactions }, () => this.plan.transaction()));
  }

  /** Something that happens to the writer while it works; it has enough to do for that. */
  async whileWriting(happens: () => Promise<void>): Promise<void> {
    const planned = Array.from({ length: 30 }, () => this.plan.transaction());
    await Promise.all([this.write(planned), happens()]);
    // The blow may have fallen after the last answer.
    if (!(await this.#isWriterThere())) {
      await this.reviveWriter();
    }
  }

  async writeCrashing(): Promise<void> {
    await this.write([this.plan.transaction(), this.plan.transaction({ isCrashing: true })]);
  }

  async writeRolledBack(): Promise<void> {
    await this.write([this.plan.transaction({ isRolledBack: true })]);
  }

  checkpointEach(mode: CheckpointMode | null): void {
    this.#checkpoint = mode;
  }

  moveClock(offsetSeconds: number): void {
    this.#offsetSeconds = offsetSeconds;
  }

  deafen(isDeaf: boolean): void {
    this.#isDeaf = isDeaf;
  }

  async startDaemon(): Promise<void> {
    if (this.#offsetSeconds !== this.#startedWithSeconds) {
      this.#jumps.push(Date.now());
      this.#startedWithSeconds = this.#offsetSeconds;
    }
    this.ledger.terms = {
      ...this.ledger.terms,
      // What was told in this stretch before the clock was set right may be called late.
      areMarksJudged: this.ledger.terms.areMarksJudged && this.#offsetSeconds === 0,
      jumps: this.#jumps,
    };
    await this.daemon.start({ clockOffsetSeconds: this.#offsetSeconds, isDeaf: this.#isDeaf });
    this.starts += 1;
  }

  /** Waits until all that was written is told, and closes the account of this stretch. */
  async settle(where: string): Promise<void> {
    if (this.#isScan && this.#isFar) {
      await this.daemon.kill();
      this.#furthestSeconds = Math.max(this.#furthestSeconds, this.#offsetSeconds) + NEXT_DAY_SECONDS;
      this.#offsetSeconds = this.#furthestSeconds;
      await this.startDaemon();
    }
    const limit = this.#hasFailed ? SHORT_SETTLE_MS : SETTLE_MS;
    const start = performance.now();
    let isSeen = true;
    // A look may find new rows after it has looked for changes: only the second one's look has seen all that was before.
    for (const sentinel of [this.plan.sentinel(), this.plan.sentinel()]) {
      await this.write([sentinel]);
      for (const row of sentinel.results.keys()) {
        isSeen &&= await this.ledger.awaitRow(row, SETTLE_MS, 5);
      }
    }
    if (isSeen) {
      // After a start new rows are told first: a change of an old one may be found only by comparing them all.
      await this.daemon.compared();
      const { terms } = this.ledger;
      this.ledger.terms = { ...terms, sightings: [...terms.sightings, Date.now()] };
    }
    const ms = await this.ledger.settle(limit, 10);
    this.catchUps.push(performance.now() - start);
    this.#hasFailed ||= ms === null;
    this.ledger.close(where);
    this.ledger.terms = { ...this.ledger.terms, areMarksJudged: this.#offsetSeconds === 0 };
  }

  /** Each transaction is waited for: all that it did must be told, and nothing else. */
  async lockstep(where: string, transactions: number, terms: Omit<RoundTerms, 'isLockstep'>): Promise<void> {
    this.#begin({ ...terms, isLockstep: true, isNear: terms.isNear || this.#isScan });
    for (let index = 0; index < transactions; index += 1) {
      if (this.random.below(12) === 0) {
        await this.writeRolledBack();
      }
      const planned = this.plan.transaction();
      await this.write([planned]);
      const ms = await this.ledger.settle(this.#hasFailed ? 1_000 : SETTLE_MS, 1);
      // What tells nothing is only known to have told nothing when something later was told; so is what is missing.
      if (ms === null || index % 4 === 0) {
        await this.settle(where);
      } else {
        this.ledger.close(where);
      }
      if (this.ledger.findings.total > MOST_FINDINGS) {
        return;
      }
    }
    await this.write([this.plan.completeAll()]);
    await this.settle(where);
  }

  /** The writer runs on, and the faults come as they come. */
  async free(
    where: string,
    orders: number,
    faults: readonly Fault[],
    terms: Omit<RoundTerms, 'isLockstep'>,
  ): Promise<void> {
    this.#begin({ ...terms, isLockstep: false });
    const running = new Map<Fault, number>();
    const begins = new Map(faults.map((fault) => [fault, this.random.below(Math.max(1, orders - 4))]));
    for (let index = 0; index < orders; index += 1) {
      await this.writeSome(1 + this.random.below(12));
      for (const [fault, at] of begins) {
        if (at === index) {
          await fault.begin();
          running.set(fault, index + fault.lasts);
        }
      }
      await this.#endFaults(running, index);
      if (this.random.below(5) === 0) {
        await wait(this.random.below(30));
      }
    }
    await this.#endFaults(running, Number.POSITIVE_INFINITY);
    if (this.#isNear) {
      await this.write([this.plan.completeAll()]);
    }
    await this.settle(where);
  }

  #begin(terms: RoundTerms): void {
    this.#isFar = !terms.isNear && !this.#isNear;
    this.plan.begin(terms);
  }

  async #endFaults(running: Map<Fault, number>, index: number): Promise<void> {
    for (const [fault, until] of running) {
      if (until <= index) {
        running.delete(fault);
        await fault.end();
      }
    }
  }

  async #isWriterThere(): Promise<boolean> {
    const outcome = await this.writer.order({ order: 'last_step' });
    return outcome.answer === 'done';
  }
}
