import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { startBridge, type StormBridge } from './keeper-bridge.ts';
import type { Children } from './keeper-children.ts';
import { StormClock } from './keeper-clock.ts';
import type { Span } from './keeper-judge.ts';
import { StormMac } from './keeper-mac.ts';

const STEP_MS = 1_000;
/** A leap that is too short to be taken for a sleep. */
const LEAP_MS = 3_000;
/** How long the clock stands still for what takes real time: scripts, tools, the reading process. */
const PATIENCE_MS = 5_000;
/** The same for what did not come in that time. */
const IMPATIENCE_MS = 500;
/** One that may hang is given so long to have begun. */
const BEGUN_MS = 120;
/** What is kept free on the data folder's disk, when that is a small one. */
const RESERVE_BYTES = 110_000_000;

/** A bridge on a simulated Mac whose clock goes as fast as both can follow. */
export class World {
  readonly clock: StormClock;
  readonly mac: StormMac;
  readonly bridge: StormBridge;
  readonly pauses: Span[] = [];
  /** When the first attempts that the Mac knows were asked for, in its order. */
  readonly attemptedAt: number[] = [];
  readonly #children: Children;
  readonly #filler: string;
  #isDiskFull = false;
  #patienceMs = PATIENCE_MS;
  #pausedAt: number | null = null;

  private constructor(parts: {
    readonly clock: StormClock;
    readonly mac: StormMac;
    readonly bridge: StormBridge;
    readonly children: Children;
    readonly home: string;
  }) {
    this.clock = parts.clock;
    this.mac = parts.mac;
    this.bridge = parts.bridge;
    this.#children = parts.children;
    this.#filler = join(parts.home, 'filler');
  }

  static async start(options: {
    readonly folder: string;
    readonly home: string;
    readonly timeFile: string;
    readonly children: Children;
    readonly startMs: number;
    readonly hasSmallDisk: boolean;
    readonly logLevel: 'silent' | 'info' | 'debug';
  }): Promise<World> {
    const { children, folder, home, logLevel } = options;
    mkdirSync(home, { recursive: true });
    const clock = new StormClock(options.startMs, options.timeFile);
    const mac = await StormMac.start(folder, clock);
    const reserveBytes = options.hasSmallDisk ? RESERVE_BYTES : 0;
    const bridge = await startBridge({ folder, home, clock, mac, reserveBytes, logLevel });
    return new World({ clock, mac, bridge, children, home });
  }

  /** A second passes; with a leap, the time of day moves on by three more. */
  async step(isLeap = false): Promise<void> {
    await this.#settle();
    this.#children.beat();
    if (isLeap) {
      this.clock.jump(LEAP_MS);
    }
    this.clock.advance(STEP_MS);
    await turn();
    await this.mac.actOut();
    const { attempts } = await this.mac.state();
    while (this.attemptedAt.length < attempts.length) {
      this.attemptedAt.push(this.clock.lived);
    }
  }

  async pass(ms: number): Promise<void> {
    for (let past = 0; past < ms; past += STEP_MS + LEAP_MS) {
      await this.step(true);
    }
  }

  /** Steps until it holds, for as long as `limitMs` awake at most. */
  async until(limitMs: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
    const end = this.clock.awake + limitMs;
    while (!(await holds())) {
      if (this.clock.awake >= end) {
        return false;
      }
      await this.step();
    }
    return true;
  }

  async order(order: 'pause' | 'resume'): Promise<boolean> {
    const { body } = await this.bridge.request('GET', '/v1/lines');
    const lines: readonly unknown[] = Array.isArray(body['data']) ? body['data'] : [];
    const [id] = lines.map((line) => String(Object(line).id));
    return (await this.bridge.request('POST', `/v1/lines/${id ?? ''}/${order}`, {})).status === 200;
  }

  /** A person's pause has been answered. */
  paused(): void {
    this.#pausedAt = this.clock.lived;
  }

  /** A person is about to resume. */
  resumed(): void {
    if (this.#pausedAt !== null) {
      this.pauses.push({ from: this.#pausedAt, to: this.clock.lived });
      this.#pausedAt = null;
    }
  }

  /** Nothing more fits on the disk of the data folder. */
  fillDisk(): void {
    this.#isDiskFull = true;
    const file = openSync(this.#filler, 'w');
    for (const bytes of [1_000_000, 4_096]) {
      const block = Buffer.alloc(bytes);
      try {
        for (;;) {
          writeSync(file, block);
        }
      } catch {
        // No space left on device.
      }
    }
    closeSync(file);
  }

  emptyDisk(): void {
    rmSync(this.#filler, { force: true });
    this.#isDiskFull = false;
  }

  /** The guids in chat.db, once no bridge has it open: who shares its descriptors sees what was. */
  standing(): ReadonlySet<string> {
    const db = new Database(this.mac.mac.database, { readonly: true });
    const guids = db.prepare<[], string>('SELECT guid FROM message').pluck().all();
    db.close();
    return new Set(guids);
  }

  async close(): Promise<void> {
    await this.bridge.stop();
    await this.mac.close();
    this.clock.close();
  }

  /** Waits for what takes real time; what does not come in time is not waited for again until it has come. */
  async #settle(): Promise<void> {
    const since = performance.now();
    while (await this.#isWorking()) {
      if (performance.now() - since > this.#patienceMs) {
        this.#patienceMs = IMPATIENCE_MS;
        return;
      }
      await pause(1);
    }
    this.#patienceMs = PATIENCE_MS;
  }

  async #isWorking(): Promise<boolean> {
    const within = this.mac.isSick ? BEGUN_MS : Number.POSITIVE_INFINITY;
    return this.#children.isBusy(within) || this.#children.reader() === 'silent' || this.#isBehind();
  }

  /** Something is still to come on the Mac, or capture could have told more of chat.db than it has. */
  async #isBehind(): Promise<boolean> {
    const { pending, head } = await this.mac.state();
    if (pending > 0) {
      return true;
    }
    // A reader that is gone is started again when the clock says so.
    if (head === null || this.#isDiskFull || this.#children.reader() === 'gone') {
      return false;
    }
    const cursor = this.bridge.cursor();
    return cursor === null || cursor.databaseId !== head.databaseId || cursor.rowId < head.rowId;
  }
}
