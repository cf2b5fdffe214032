import { setImmediate as turn } from 'node:timers/promises';
import {
  type Command,
  type CommandId,
  type CommandInput,
  type Failure,
  type Instant,
  type Message,
  type MessageGuid,
  type RowId,
  type Service,
  type ServiceChoice,
  type Target,
  type UnknownCause,
} from '../domain/index.ts';
import type { AppStatus, MessagesApp, RejectReason, SendOutcome, SendTarget } from '../messages-app/index.ts';
import {
  backoffMs,
  Pulse,
  sleep,
  superviseLoop,
  type Clock,
  type Logger,
  type Timer,
} from '../runtime/index.ts';
import type { AskGuard } from './ask-guard.ts';
import type { Breaker } from './breaker.ts';
import type { CommandStore } from './command-store.ts';
import { Gate } from './gate.ts';
import type { Moves } from './moves.ts';
import { nextWork, type Work } from './next-work.ts';
import { noteOutcome } from './note-outcome.ts';
import { rejection, UNREACHABLE } from './rejection.ts';
import { Timekeeper } from './timekeeper.ts';
import type { OutboxTiming } from './timing.ts';

/** How often the lane looks for what time alone changes: expiry, the end of a follow-up. */
const TICK_MS = 500;
/** After Messages turned out to be unreachable, the pause before the next try. */
const UNREACHABLE_PAUSE = { firstMs: 5_000, limitMs: 300_000 } as const;
/** At the stop, how long the script that runs may take to end by itself; one takes 0.1 s as a rule. */
const SCRIPT_GRACE_MS = 5_000;
/** What Messages answers where it does not know a chat or an account. */
const NO_SUCH_OBJECT = -1728;

/** How a target is reached now. */
export type Route =
  | {
      readonly target: SendTarget;
      /** The planned service; `null` where nothing tells. */
      readonly service: Service | null;
      /** Something went between us and the contact on that service before. */
      readonly isKnown: boolean;
      /** For a chat with one contact that Messages has not loaded: the contact, on the chat's own account. */
      readonly retry: SendTarget | null;
    }
  | { readonly refused: Failure };

export interface LaneDeps {
  readonly commands: CommandStore;
  readonly moves: Moves;
  readonly asking: Pick<AskGuard, 'onStart' | 'mayGoNow'>;
  readonly breaker: Breaker;
  readonly app: MessagesApp;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timing: OutboxTiming;
  readonly monitor: {
    status(): AppStatus;
    whileSending<T>(work: () => Promise<T>): Promise<T>;
    checkNow(): Promise<void>;
  };
  /** Highest ROWID now. Throws while chat.db cannot be read: nothing is sent that could not be proved. */
  readonly watermark: () => RowId;
  readonly route: (target: Target, service: ServiceChoice) => Route;
  /** Whether the Mac has an account of that service; `null` while Messages does not say. */
  readonly hasService: (service: Service) => boolean | null;
  /** The row as it is now; `null` if it is gone. Throws while chat.db cannot be read. */
  readonly readRow: (guid: MessageGuid) => Message | null;
  /** Messages has not answered for so long that only a relaunch helps. */
  readonly isHung: () => boolean;
  /** Capture follows the database, so that a proof would be seen. */
  readonly canProve: () => boolean;
}

/**
 * Sends what is queued, one script at a time: replies first, each chat in the order of acceptance. The next goes only
 * when the last is proved or unknown.
 */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #timekeeper: Timekeeper;
  readonly #gate: Gate;
  readonly #abort = new AbortController();
  /** Ends the script that runs. */
  readonly #kill = new AbortController();
  readonly #pulse = new Pulse();
  #done: Promise<void> | null = null;
  /** `null` while nothing is open: time alone brings nothing then, and whatever does wakes the lane. */
  #ticking: Timer | null = null;
  readonly #ticks = new Pulse();
  #scriptSince: Instant | null = null;
  #isRelaunching = false;
  /** How often in a row Messages could not be reached, and why. */
  #refusals: { readonly reason: RejectReason; readonly count: number } | null = null;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#timekeeper = new Timekeeper(deps);
    this.#gate = new Gate(deps, () => this.#pulse.trigger());
  }

  start(): void {
    const { clock, log } = this.#deps;
    const { signal } = this.#abort;
    this.#tick();
    // Time goes on while the lane waits for a script, a row or Messages.
    const keepTime = async () => {
      this.#timekeeper.tick();
      await this.#ticks.wait(signal);
    };
    this.#done = Promise.all([
      superviseLoop({ name: 'lane', clock, log, signal, body: () => this.#work() }),
      superviseLoop({ name: 'timekeeper', clock, log, signal, body: keepTime }),
    ]).then(() => this.#ticking?.cancel());
  }

  scriptSince(): Instant | null {
    return this.#scriptSince;
  }

  /** A script runs now, or Messages is being relaunched. */
  isBusy(): boolean {
    return this.#scriptSince !== null || this.#isRelaunching;
  }

  /** Why Messages cannot be reached, while that lasts. */
  refusal(): RejectReason | null {
    return this.#refusals?.reason ?? null;
  }

  /** Something was accepted, proved, or came back: look again. */
  wake(): void {
    this.#pulse.trigger();
  }

  /** What the guard put off may go by now: it is asked anew. */
  askAnew(): void {
    this.#gate.askAnew();
    this.#pulse.trigger();
  }

  /**
   * Nothing else is begun. Ends when the script that runs now has ended, or has been killed after a grace; whether its
   * text went is found at the next start.
   */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#gate.stop();
    const grace = this.#deps.clock.after(SCRIPT_GRACE_MS, () => this.#kill.abort());
    await this.#done;
    grace.cancel();
  }

  #tick(): void {
    this.#ticking ??= this.#deps.clock.every(TICK_MS, () => {
      this.#pulse.trigger();
      this.#ticks.trigger();
    });
  }

  async #work(): Promise<void> {
    const { signal } = this.#abort;
    await this.#recover();
    while (!signal.aborted) {
      this.#timekeeper.tick();
      const work = await this.#nextAllowed();
      if (work === null) {
        if (!this.#deps.commands.hasOpen()) {
          this.#ticking?.cancel();
          this.#ticking = null;
        }
        await this.#pulse.wait(signal);
        this.#tick();
      } else {
        await this.#send(work);
        // Others have their turn between two texts, even where none of this had to wait.
        await turn();
      }
    }
  }

  /** What an earlier run left in flight is looked for before anything else goes out. */
  async #recover(): Promise<void> {
    const { commands, canProve } = this.#deps;
    for (const { id, parts } of commands.open()) {
      for (const [part, { attempts }] of parts.entries()) {
        const last = attempts.at(-1);
        const isLeft =
          last?.state.name === 'sending' || (last?.state.name === 'dispatched' && last.proof === null);
        // Its row may be among those that came meanwhile: the window begins when capture has read them.
        if (isLeft) {
          while (!this.#abort.signal.aborted && !canProve()) {
            await this.#pulse.wait(this.#abort.signal);
          }
          await this.#awaitProof({ id, part }, 'interrupted');
        }
      }
    }
  }

  async #nextAllowed(): Promise<Work | null> {
    const { breaker, monitor, app, canProve, isHung } = this.#deps;
    const permission = breaker.permission();
    if (permission === 'relaunch' || (isHung() && breaker.mayRelaunch())) {
      await this.#relaunch();
      return null;
    }
    const { state } = monitor.status();
    const isReachable = (state === 'running' || state === 'unknown') && !app.isStuck();
    const mayAsk = permission === 'send' && isReachable && canProve() && !this.#gate.isClosed();
    return mayAsk
      ? nextWork({
          ...this.#deps,
          isPutOff: (one) => this.#gate.holds(one),
          isOutreachPutOff: () => this.#gate.holdsOutreach(),
        })
      : null;
  }

  /** Never while a script runs: the lane itself does it. */
  async #relaunch(): Promise<void> {
    const { app, breaker, log, monitor } = this.#deps;
    const isPaused = breaker.pause() !== null;
    this.#isRelaunching = true;
    const isDone = await monitor
      .whileSending(() => app.relaunch(this.#abort.signal))
      .finally(() => {
        this.#isRelaunching = false;
      });
    if (this.#abort.signal.aborted) {
      return;
    }
    log.warn({ isDone, isPaused }, 'Messages was relaunched: the line was paused, or it did not answer');
    breaker.relaunched();
    await monitor.checkNow();
    this.#pulse.trigger();
  }

  async #send(work: Work): Promise<void> {
    const { breaker } = this.#deps;
    breaker.begin();
    try {
      await this.#attempt(work);
    } finally {
      breaker.end();
    }
  }

  async #attempt(work: Work): Promise<void> {
    const { monitor } = this.#deps;
    // Inside the quiet that the script needs: a probe that is under way ends first, and until then nothing has begun.
    const outcome = await monitor.whileSending(async () => {
      const route = this.#abort.signal.aborted ? null : this.#begin(work);
      if (route === null) {
        return null;
      }
      this.#scriptSince = this.#deps.clock.now();
      try {
        return await this.#run(work, route);
      } finally {
        this.#scriptSince = null;
      }
    });
    if (outcome !== null) {
      await this.#settle(work, outcome);
    }
  }

  /** Commits that the script is about to start; `null` where it must not. */
  #begin({ id, part, service }: Work): Exclude<Route, { readonly refused: Failure }> | null {
    const { clock, commands, moves, route, watermark } = this.#deps;
    const command = commands.get(id);
    if (command === null || clock.now() >= command.expiresAt) {
      moves.apply(id, { type: 'expire' });
      return null;
    }
    const way = route(command.target, service);
    const isRefused = 'refused' in way;
    const start: CommandInput = {
      type: 'start',
      part,
      watermark: watermark(),
      service: isRefused ? null : way.service,
      isKnown: !isRefused && way.isKnown,
    };
    if (isRefused) {
      moves.apply(id, start, { type: 'rejected', part, failure: way.refused });
      return null;
    }
    return this.#gate.mayGo(command, part, way.service) && moves.apply(id, start) !== null ? way : null;
  }

  /** The script; and where Messages certainly does not know the chat, once more to its one contact. */
  async #run({ content }: Work, route: Exclude<Route, { readonly refused: Failure }>): Promise<SendOutcome> {
    const { app } = this.#deps;
    const run = (target: SendTarget) =>
      content.kind === 'text'
        ? app.sendText(target, content.text, this.#kill.signal)
        : app.sendFile(target, content.path, this.#kill.signal);
    const outcome = await run(route.target);
    return route.retry !== null && outcome.outcome === 'rejected' && outcome.code === NO_SUCH_OBJECT
      ? run(route.retry)
      : outcome;
  }

  async #settle(work: Work, outcome: SendOutcome): Promise<void> {
    if (outcome.outcome !== 'rejected') {
      this.#refusals = null;
    }
    switch (outcome.outcome) {
      case 'accepted':
        await this.#note(work.id, { type: 'accepted', part: work.part });
        await this.#awaitProof(work, 'no_row');
        return;
      case 'rejected':
        await this.#rejected(work, outcome);
        return;
      case 'uncertain':
        await this.#awaitProof(
          work,
          outcome.disposition === 'still_in_flight' ? 'still_in_flight' : outcome.cause,
        );
        return;
      default:
        return outcome satisfies never;
    }
  }

  async #rejected({ id, part }: Work, outcome: Extract<SendOutcome, { outcome: 'rejected' }>): Promise<void> {
    const { clock, monitor } = this.#deps;
    const isUnreachable = UNREACHABLE.has(outcome.reason);
    const input: CommandInput = isUnreachable
      ? { type: 'requeue', part }
      : { type: 'rejected', part, failure: rejection(outcome) };
    if ((await this.#note(id, input)) === null) {
      // Its row is there already: it exists, whatever the script says of itself.
      await this.#note(id, { type: 'uncertain', part, cause: 'script_error' });
    }
    if (!isUnreachable) {
      this.#refusals = null;
      return;
    }
    if (this.#abort.signal.aborted) {
      return;
    }
    this.#refusals = { reason: outcome.reason, count: (this.#refusals?.count ?? 0) + 1 };
    await monitor.checkNow();
    await sleep(clock, backoffMs(this.#refusals.count, UNREACHABLE_PAUSE), this.#abort.signal);
  }

  /** Holds the lane until a row proves the part or its window ends; then it is unknown, and the lane goes on. */
  async #awaitProof(
    { id, part }: { readonly id: CommandId; readonly part: number },
    cause: UnknownCause,
  ): Promise<void> {
    const { clock, commands, timing } = this.#deps;
    const { signal } = this.#abort;
    let isOver = false;
    // A timer, not the time of day: a clock that is set back must not hold the lane for an hour.
    const timer = clock.after(timing.proofWindowMs, () => {
      isOver = true;
      this.#pulse.trigger();
    });
    while (!signal.aborted) {
      const attempt = lastAttempt(commands.get(id), part);
      if (attempt === null || (attempt.state.name !== 'sending' && attempt.state.name !== 'dispatched')) {
        break;
      }
      if (isOver || attempt.proof !== null) {
        await this.#note(id, { type: 'uncertain', part, cause });
        break;
      }
      await this.#pulse.wait(signal);
    }
    timer.cancel();
  }

  /** While it cannot be noted nothing else goes out. */
  #note(id: CommandId, input: CommandInput): Promise<Command | null> {
    return noteOutcome(this.#deps, this.#abort.signal, id, input);
  }
}

function lastAttempt(command: Command | null, part: number) {
  return command?.parts[part]?.attempts.at(-1) ?? null;
}
