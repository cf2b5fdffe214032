import {
  isFinal,
  step,
  type Command,
  type CommandId,
  type CommandInput,
  type Failure,
  type Instant,
  type RowId,
  type Target,
  type UnknownCause,
} from '../domain/index.ts';
import type { Journal } from '../events/index.ts';
import type { AppStatus, MessagesApp, RejectReason, SendOutcome, SendTarget } from '../messages-app/index.ts';
import { backoffMs, Pulse, sleep, superviseLoop, type Clock, type Logger } from '../runtime/index.ts';
import type { CommandStore } from './command-store.ts';
import { chatOf, normaliseBody } from './match.ts';

/** How often the lane looks for what time alone changes: expiry, the end of a follow-up. */
const TICK_MS = 500;
/** After Messages turned out to be unreachable, the pause before the next try. */
const UNREACHABLE_PAUSE = { firstMs: 5_000, limitMs: 300_000 } as const;

export interface LaneDeps {
  readonly journal: Journal;
  readonly commands: CommandStore;
  readonly app: MessagesApp;
  readonly clock: Clock;
  readonly log: Logger;
  readonly proofWindowMs: number;
  readonly followUpMs: number;
  readonly monitor: {
    status(): AppStatus;
    whileSending<T>(work: () => Promise<T>): Promise<T>;
    checkNow(): Promise<void>;
  };
  /** Highest ROWID now. Throws while chat.db cannot be read: nothing is sent that could not be proved. */
  readonly watermark: () => RowId;
  /** How AppleScript addresses the target now; `null` if the chat is no longer there. */
  readonly address: (target: Target) => SendTarget | null;
  /** Capture follows the database, so that a proof would be seen. */
  readonly canProve: () => boolean;
}

/** Sends what is queued, one at a time, oldest first; the next goes only when the last is proved or unknown. */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #abort = new AbortController();
  readonly #pulse = new Pulse();
  #done: Promise<void> | null = null;
  #scriptSince: Instant | null = null;
  /** How often in a row Messages could not be reached, and why. */
  #refusals: { readonly reason: RejectReason; readonly count: number } | null = null;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, log } = this.#deps;
    const { signal } = this.#abort;
    const ticking = clock.every(TICK_MS, () => this.#pulse.trigger());
    this.#done = superviseLoop({ name: 'lane', clock, log, signal, body: () => this.#work() }).finally(() =>
      ticking.cancel(),
    );
  }

  scriptSince(): Instant | null {
    return this.#scriptSince;
  }

  /** Why Messages cannot be reached, while that lasts. */
  refusal(): RejectReason | null {
    return this.#refusals?.reason ?? null;
  }

  /** Something was accepted, proved, or came back: look again. */
  wake(): void {
    this.#pulse.trigger();
  }

  /** Ends after the script that runs now has ended or been killed; what became of it is found at the next start. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #work(): Promise<void> {
    const { signal } = this.#abort;
    await this.#recover();
    while (!signal.aborted) {
      this.#expire();
      const command = this.#canSend() ? this.#next() : null;
      if (command === null) {
        await this.#pulse.wait(signal);
      } else {
        await this.#send(command);
      }
    }
  }

  /** What an earlier run left in flight is looked for before anything else goes out. */
  async #recover(): Promise<void> {
    const left = this.#deps.commands
      .open()
      .filter(({ state }) => state.name === 'sending' || state.name === 'dispatched');
    for (const command of left) {
      // Its row may be among those that came meanwhile: the window begins when capture has read them.
      while (!this.#abort.signal.aborted && !this.#deps.canProve()) {
        await this.#pulse.wait(this.#abort.signal);
      }
      await this.#awaitProof(command.id, 'interrupted');
    }
  }

  #canSend(): boolean {
    const { monitor, canProve } = this.#deps;
    const { state } = monitor.status();
    return (state === 'running' || state === 'unknown') && canProve();
  }

  #next(): Command | null {
    const open = this.#deps.commands.open();
    const uncertain = new Set(open.filter(({ state }) => state.name === 'unknown').map(bodyInChat));
    return (
      open.find((command) => command.state.name === 'queued' && !uncertain.has(bodyInChat(command))) ?? null
    );
  }

  async #send(command: Command): Promise<void> {
    const { app, monitor } = this.#deps;
    // Inside the quiet that the script needs: a probe that is under way ends first, and until then nothing has begun.
    const outcome = await monitor.whileSending(async () => {
      const target = this.#begin(command);
      if (target === null) {
        return null;
      }
      this.#scriptSince = this.#deps.clock.now();
      try {
        return await app.sendText(target, command.text, this.#abort.signal);
      } finally {
        this.#scriptSince = null;
      }
    });
    if (outcome !== null) {
      await this.#settle(command.id, outcome);
    }
  }

  /** Commits that the script is about to start; `null` where it must not. */
  #begin(command: Command): SendTarget | null {
    const { clock, address, watermark } = this.#deps;
    if (clock.now() >= command.expiresAt) {
      this.#apply(command.id, { type: 'expire' });
      return null;
    }
    const target = address(command.target);
    if (!this.#apply(command.id, { type: 'start', watermark: watermark() })) {
      return null;
    }
    if (target === null) {
      this.#apply(command.id, { type: 'rejected', failure: chatGone() });
    }
    return target;
  }

  async #settle(id: CommandId, outcome: SendOutcome): Promise<void> {
    if (outcome.outcome !== 'rejected') {
      this.#refusals = null;
    }
    switch (outcome.outcome) {
      case 'accepted':
        this.#apply(id, { type: 'accepted' });
        await this.#awaitProof(id, 'no_row');
        return;
      case 'rejected':
        await this.#rejected(id, outcome);
        return;
      case 'uncertain':
        await this.#awaitProof(id, outcome.cause);
        return;
      default:
        return outcome satisfies never;
    }
  }

  async #rejected(id: CommandId, outcome: Extract<SendOutcome, { outcome: 'rejected' }>): Promise<void> {
    const { clock, monitor } = this.#deps;
    const isUnreachable = UNREACHABLE.has(outcome.reason);
    const input: CommandInput = isUnreachable
      ? { type: 'requeue' }
      : { type: 'rejected', failure: rejection(outcome) };
    if (!this.#apply(id, input)) {
      // Its row is there already: it exists, whatever the script says of itself.
      this.#apply(id, { type: 'uncertain', cause: 'script_error' });
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

  /** Holds the lane until a row proves the command or its window ends; then it is unknown, and the lane goes on. */
  async #awaitProof(id: CommandId, cause: UnknownCause): Promise<void> {
    const { clock, commands, proofWindowMs } = this.#deps;
    const { signal } = this.#abort;
    let isOver = false;
    // A timer, not the time of day: a clock that is set back must not hold the lane for an hour.
    const timer = clock.after(proofWindowMs, () => {
      isOver = true;
      this.#pulse.trigger();
    });
    while (!signal.aborted) {
      const command = commands.get(id);
      if (command === null || isFinal(command.state)) {
        break;
      }
      if (isOver || command.proof !== null) {
        this.#apply(id, { type: 'uncertain', cause });
        break;
      }
      await this.#pulse.wait(signal);
    }
    timer.cancel();
  }

  #expire(): void {
    const { clock, commands, followUpMs, canProve } = this.#deps;
    for (const command of commands.open()) {
      if (command.state.name === 'queued' && clock.now() >= command.expiresAt) {
        this.#apply(command.id, { type: 'expire' });
      } else if (
        command.state.name === 'unknown' &&
        // While rows cannot be read, none can prove it: its follow-up goes on.
        canProve() &&
        clock.now() >= command.state.since + followUpMs
      ) {
        this.#apply(command.id, { type: 'give_up' });
      }
    }
  }

  /** Reads the command as it is now, moves it, stores it with its event. False where the input did not apply. */
  #apply(id: CommandId, input: CommandInput): boolean {
    const { journal, commands, clock } = this.#deps;
    return journal.write((append) => {
      const command = commands.get(id);
      const next = command === null ? null : step(command, input, clock.now());
      if (next === null) {
        return false;
      }
      commands.save(next);
      append({ type: 'command.updated', command: next });
      return true;
    });
  }
}

function bodyInChat(command: Command): string {
  return JSON.stringify([chatOf(command.target), normaliseBody(command.text)]);
}

/** Nothing was wrong with the command: Messages was not there to take it, or we were stopping. */
const UNREACHABLE: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'aborted',
  'automation_denied',
  'automation_unanswered',
  'no_gui_session',
  'no_messages_app',
  'not_running',
]);

function chatGone(): Failure {
  return {
    code: 'chat_not_found',
    message: 'The chat is no longer in the database of Messages.',
    apple: null,
  };
}

function rejection(outcome: Extract<SendOutcome, { outcome: 'rejected' }>): Failure {
  const number = outcome.code === null ? '' : ` (${outcome.code})`;
  return {
    code: 'send_rejected',
    message: `Messages refused the command before sending anything: ${outcome.reason}${number}.`,
    apple: outcome.code,
  };
}
