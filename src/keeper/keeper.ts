import type { Instant } from '../domain/index.ts';
import type { Host } from '../host/index.ts';
import type { AppMonitor, MessagesApp } from '../messages-app/index.ts';
import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import { createAwake } from './awake.ts';
import { openMessages } from './hard-relaunch.ts';
import { Reopening } from './reopening.ts';

/** How often is looked at what the monitor knows; that costs nothing. */
const TICK_MS = 1_000;
/** A Messages that has not answered once is asked again after so long; if it is silent then, too, it hangs. */
const ASK_AGAIN_MS = 15_000;
/** After Messages was opened, it is asked how it is. */
const OPENED_MS = 5_000;

export interface KeeperSettings {
  readonly messages: boolean;
  /** 0: never. */
  readonly pokeMs: number;
  readonly awake: boolean;
}

export interface KeeperStatus {
  /** `null` where nobody is to hold this Mac awake. */
  readonly isAwake: boolean | null;
  /** Messages is gone, and why it is left so for now; `null` where it is not. */
  readonly leftClosed: {
    readonly because: 'paused' | 'does_not_last';
    readonly until: Instant | null;
  } | null;
}

export interface Keeper {
  start(): void;
  stop(): Promise<void>;
  /** From memory. */
  status(): KeeperStatus;
  /** Messages hangs, and may be relaunched: whoever sends does it, when nothing is under way. */
  isHung(): boolean;
}

interface KeeperDeps {
  readonly settings: KeeperSettings;
  /** There is a Messages to keep: that of this Mac, or one for which stand-ins answer. */
  readonly isKept: boolean;
  readonly host: Host;
  readonly app: Pick<MessagesApp, 'poke'>;
  readonly monitor: Pick<AppMonitor, 'status' | 'checkNow' | 'whileIdle'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pid: number;
  /** A person has paused the line: what that person does with Messages is left alone. */
  readonly isPausedByHand: () => boolean;
  /** A send script runs, or Messages is being relaunched. */
  readonly isBusy: () => boolean;
  /** When a message last left, which wakes Messages as well. */
  readonly lastSentAt: () => Instant | null;
  /** Has the lane look whether Messages hangs. */
  readonly wakeLane: () => void;
}

export function createKeeper(deps: KeeperDeps): Keeper {
  return new Watch(deps);
}

class Watch implements Keeper {
  readonly #deps: KeeperDeps;
  readonly #awake: ReturnType<typeof createAwake>;
  readonly #reopening: Reopening;
  #timer: Timer | null = null;
  #question: Timer | null = null;
  /** Since when it has not answered, and whether it was asked again since. */
  #silence: { readonly since: Instant; wasAskedAgain: boolean; isConfirmed: boolean } | null = null;
  #wasPaused = false;
  #wokenAt: Instant;
  /** What is being done now. */
  #doing: Promise<void> | null = null;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.#awake = createAwake(deps);
    this.#reopening = new Reopening(deps.clock);
    this.#wokenAt = deps.clock.now();
  }

  start(): void {
    const { clock, isKept, settings } = this.#deps;
    if (!isKept) {
      return;
    }
    if (settings.awake) {
      this.#awake.start();
    }
    this.#timer ??= clock.every(TICK_MS, () => this.#tick());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#awake.stop();
    await this.#doing;
    this.#question?.cancel();
  }

  status(): KeeperStatus {
    return { isAwake: this.#awake.isHeld(), leftClosed: this.#leftClosed() };
  }

  isHung(): boolean {
    return this.#silence?.isConfirmed === true && !this.#deps.isPausedByHand();
  }

  #leftClosed(): KeeperStatus['leftClosed'] {
    const { isPausedByHand, monitor, settings } = this.#deps;
    if (this.#timer === null || !settings.messages || monitor.status().state !== 'not_running') {
      return null;
    }
    if (isPausedByHand()) {
      return { because: 'paused', until: null };
    }
    return this.#reopening.isDue() ? null : { because: 'does_not_last', until: this.#reopening.dueAt() };
  }

  #tick(): void {
    const { clock, isBusy, isPausedByHand, monitor, settings } = this.#deps;
    const now = clock.now();
    const isPaused = isPausedByHand();
    if (this.#wasPaused && !isPaused) {
      this.#reopening.forget();
    }
    this.#wasPaused = isPaused;
    const { state } = monitor.status();
    this.#noteSilence(state, now);
    if (state === 'running') {
      this.#reopening.lasts();
    }
    if (isPaused || isBusy() || this.#doing !== null) {
      return;
    }
    if (state === 'not_running' && settings.messages && this.#reopening.isDue()) {
      this.#do(() => this.#open());
    } else if (state === 'running' && this.#isPokeDue(now)) {
      this.#do(() => this.#poke(now));
    }
  }

  /** One answer too late may be a busy Mac; two, with a pause between them, are a Messages that hangs. */
  #noteSilence(state: string, now: Instant): void {
    const { monitor, settings, wakeLane } = this.#deps;
    if (state !== 'not_responding' || !settings.messages) {
      this.#silence = null;
      return;
    }
    const silence = (this.#silence ??= { since: now, wasAskedAgain: false, isConfirmed: false });
    if (!silence.wasAskedAgain && Math.abs(now - silence.since) >= ASK_AGAIN_MS) {
      silence.wasAskedAgain = true;
      void monitor.checkNow().then(() => {
        silence.isConfirmed = monitor.status().state === 'not_responding';
      });
    }
    if (silence.isConfirmed) {
      wakeLane();
    }
  }

  async #open(): Promise<void> {
    const { clock, host, log, monitor } = this.#deps;
    this.#reopening.opened();
    const isDone = await openMessages(host);
    log.warn({ isDone }, 'Messages was gone and was opened');
    this.#question = clock.after(OPENED_MS, () => void monitor.checkNow());
  }

  #isPokeDue(now: Instant): boolean {
    const { lastSentAt, settings } = this.#deps;
    const wokenAt = Math.max(this.#wokenAt, lastSentAt() ?? 0);
    return settings.pokeMs > 0 && Math.abs(now - wokenAt) >= settings.pokeMs;
  }

  async #poke(now: Instant): Promise<void> {
    const { app, log, monitor } = this.#deps;
    let isOwnTurn = false;
    const isAnswered = await monitor.whileIdle((signal) => {
      isOwnTurn = true;
      this.#wokenAt = now;
      return app.poke(signal);
    });
    if (isOwnTurn) {
      log.debug({ isAnswered }, 'Messages was asked something, so that it does not go idle');
      if (!isAnswered) {
        await monitor.checkNow();
      }
    }
  }

  #do(work: () => Promise<void>): void {
    this.#doing = work()
      .catch((error: unknown) => {
        this.#deps.log.error({ code: errorCode(error) }, 'Keeping Messages failed; it is tried again');
      })
      .finally(() => {
        this.#doing = null;
      });
  }
}
