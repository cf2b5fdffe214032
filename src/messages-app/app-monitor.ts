import type { Instant } from '../domain/index.ts';
import {
  errorCode,
  momentOf,
  msSince,
  type Clock,
  type Logger,
  type Moment,
  type Timer,
} from '../runtime/index.ts';
import type { AppStatus } from './app-status.ts';
import type { MessagesApp } from './messages-app.ts';
import { createProcessList, type IsRunning } from './process-list.ts';

/** The rhythm of `pgrep`, and of `probe` where a stand-in answers it. */
const LOOK_EVERY_MS = 5_000;
/**
 * A stand-in that has long said that Messages runs is asked less often: each time, Linux copies what this process has of
 * memory tables. macOS does not.
 */
const CALM_MS = 60_000;
const CALM_EVERY_MS = 30_000;
/** The rhythm of `probe` on a real Mac, where each one is an Apple event that Messages has to answer. */
const PROBE_EVERY_MS = 120_000;

/** The latest status; `checkedAt` is when it was last confirmed, `null` before the first answer. */
export type MonitoredStatus = AppStatus & { readonly checkedAt: Instant | null };

export interface AppMonitor {
  start(): void;
  /** Kills a probe that is under way and resolves when it is gone. */
  stop(): Promise<void>;
  /** From memory: runs nothing. */
  status(): MonitoredStatus;
  /**
   * Runs `work` with the promise that no probe goes out meanwhile. One that is under way is let to end first, which
   * its own deadline bounds; one that falls due meanwhile comes after.
   */
  whileSending<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Runs `work` as a question of its own: never during a send or a probe, and a send waits for its end. False where
   * it had to be left for another time, or said so itself. Never rejects.
   */
  whileIdle(work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean>;
  /** Probes now (or joins the probe under way). During a send it only notes that one is due. Never rejects. */
  checkNow(): Promise<void>;
}

interface Options {
  readonly app: Pick<MessagesApp, 'probe'>;
  readonly osascript: string | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange?: (status: AppStatus) => void;
  /** Default: that of this process. Elsewhere than on macOS the process list says nothing of Messages. */
  readonly platform?: NodeJS.Platform;
  readonly isRunning?: IsRunning;
}

/** Keeps the latest status of Messages, so that whoever asks for it costs nothing and never waits. */
export function createAppMonitor(options: Options): AppMonitor {
  return new Monitor(options);
}

class Monitor implements AppMonitor {
  readonly #options: Options;
  /** `null` where every look is a probe. */
  readonly #isRunning: IsRunning | null;
  #latest: AppStatus = { state: 'unknown', code: null };
  #checkedAt: Instant | null = null;
  #lastProbe: Moment | null = null;
  #changed: Moment;
  #timer: Timer | null = null;
  #stopper = new AbortController();
  #probing: Promise<void> | null = null;
  #looking: Promise<void> | null = null;
  #sending = 0;
  #due = false;

  constructor(options: Options) {
    this.#options = options;
    this.#changed = momentOf(options.clock);
    const hasProcessList = options.osascript === null && (options.platform ?? process.platform) === 'darwin';
    this.#isRunning = hasProcessList ? (options.isRunning ?? createProcessList(options.clock)) : null;
  }

  start(): void {
    if (this.#timer !== null) {
      return;
    }
    this.#stopper = new AbortController();
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => this.#tick());
    this.#tick();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = false;
    this.#stopper.abort();
    await Promise.all([this.#probing, this.#looking]);
  }

  status(): MonitoredStatus {
    return { ...this.#latest, checkedAt: this.#checkedAt };
  }

  async whileSending<T>(work: () => Promise<T>): Promise<T> {
    this.#sending += 1;
    try {
      await this.#probing;
      return await work();
    } finally {
      this.#sending -= 1;
      if (this.#sending === 0 && this.#due) {
        void this.checkNow();
      }
    }
  }

  async whileIdle(work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    if (this.#sending > 0 || this.#probing !== null) {
      return false;
    }
    const asked = work(this.#stopper.signal)
      .catch(() => false)
      .finally(() => {
        this.#probing = null;
      });
    this.#probing = asked.then(() => undefined);
    return asked;
  }

  checkNow(): Promise<void> {
    if (this.#sending > 0) {
      this.#due = true;
      return Promise.resolve();
    }
    this.#due = false;
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  #tick(): void {
    const isRunning = this.#isRunning;
    if (isRunning === null) {
      if (!this.#isCalm() || this.#isProbeDue(CALM_EVERY_MS)) {
        void this.checkNow();
      }
      return;
    }
    this.#looking ??= this.#look(isRunning).finally(() => {
      this.#looking = null;
    });
  }

  async #look(isRunning: IsRunning): Promise<void> {
    const { signal } = this.#stopper;
    const running = await isRunning(signal);
    if (signal.aborted) {
      return;
    }
    if (running === false) {
      this.#learn({ state: 'not_running' });
      return;
    }
    if (this.#isProbeDue(PROBE_EVERY_MS) || (running === true && this.#latest.state === 'not_running')) {
      await this.checkNow();
    } else if (running === true && this.#latest.state === 'running') {
      this.#checkedAt = this.#options.clock.now();
    }
  }

  #isCalm(): boolean {
    return this.#latest.state === 'running' && msSince(this.#changed, this.#options.clock) >= CALM_MS;
  }

  #isProbeDue(everyMs: number): boolean {
    return this.#lastProbe === null || msSince(this.#lastProbe, this.#options.clock) >= everyMs;
  }

  async #probe(): Promise<void> {
    const { app, clock, log } = this.#options;
    const { signal } = this.#stopper;
    this.#lastProbe = momentOf(clock);
    try {
      const status = await app.probe(signal);
      if (!signal.aborted) {
        this.#learn(status);
      }
    } catch (error) {
      log.error({ code: errorCode(error) }, 'Asking Messages how it is failed');
      this.#learn({ state: 'unknown', code: null });
    }
  }

  #learn(status: AppStatus): void {
    const { clock, log, onChange } = this.#options;
    const first = this.#checkedAt === null;
    this.#checkedAt = clock.now();
    if (!first && JSON.stringify(status) === JSON.stringify(this.#latest)) {
      return;
    }
    this.#latest = status;
    this.#changed = momentOf(clock);
    log.info({ state: status.state }, 'The status of Messages changed');
    try {
      onChange?.(status);
    } catch (error) {
      log.error({ code: errorCode(error) }, 'Telling that the status of Messages changed failed');
    }
  }
}
