import {
  step,
  type BridgeEvent,
  type ChatKey,
  type Command,
  type CommandId,
  type Instant,
  type Message,
  type MessageGuid,
  type Origin,
} from '../domain/index.ts';
import type { Append, Journal } from '../events/index.ts';
import type { RejectReason } from '../messages-app/index.ts';
import type { Store } from '../store/index.ts';
import { createAccept, type Accept, type AcceptDeps } from './accept.ts';
import { createAskGuard, type AskGuardDeps } from './ask-guard.ts';
import { Breaker, type BreakerLimits, type Pause } from './breaker.ts';
import { createCommandStore } from './command-store.ts';
import { createConfirm } from './confirm.ts';
import { eraseCommands, type ErasedCommands } from './erase-commands.ts';
import { Lane, type LaneDeps } from './lane.ts';
import { createMoves } from './moves.ts';
import { createWakeAt } from './timing.ts';

/** Commands, durable from the answer that accepts them to the row that proves them. */
export interface Outbox extends Accept {
  get(id: CommandId): Command | null;
  list(page: {
    readonly state: string | null;
    readonly before: CommandId | null;
    readonly limit: number;
  }): Command[];
  /** Drops what has not been started; `null` where nothing is left to drop. */
  cancel(id: CommandId): Command | null;
  /** A person's word on an unknown outcome; `null` where it is not unknown. Nothing is sent again by it. */
  resolve(id: CommandId, as: 'sent' | 'not_sent'): Command | null;
  /** Whose doing a row of our side was. */
  originOf(guid: MessageGuid): Origin;
  /** For capture: whose row it is, and what follows for the command that it proves. */
  observe(message: Message): { readonly origin: Origin; readonly events: readonly BridgeEvent[] };
  /** For capture: what follows from a contact's new row. */
  received(message: Message): readonly BridgeEvent[];
  /**
   * Within a write, before anything is sent: the store was replaced by an earlier one. What was open may have gone since
   * then, and never goes again.
   * @returns how many commands that was
   */
  disown(append: Append): number;
  /** Takes the words from all commands to a chat, and cancels what was still waiting. */
  erase(chat: ChatKey): ErasedCommands;
  /** For capture: another database has taken the place of the one that rows were found in. */
  forgetRows(): void;
  stats(): OutboxStats;
  /** A send script runs now, or Messages is being relaunched. */
  isBusy(): boolean;
  /** A person has paused it. */
  isPausedByHand(): boolean;
  /** Nothing goes out until `resume`. */
  pause(): void;
  resume(): void;
  /** Looks again: Messages or its database has come back. */
  wake(): void;
  start(): void;
  stop(): Promise<void>;
}

export interface OutboxStats {
  /** Queued, deferred, sending, dispatched. */
  readonly pending: number;
  readonly deferred: number;
  /** Ended without proof, and still looked after. */
  readonly unknown: number;
  /** When the oldest queued command could first have gone. */
  readonly oldestDueAt: Instant | null;
  /** Since when a send script has been running; `null` while none is. */
  readonly scriptSince: Instant | null;
  /** A script that was killed is still there: nothing goes out before it is gone. */
  readonly isStuck: boolean;
  /** Why Messages cannot be reached for sending, while that lasts. */
  readonly refusal: RejectReason | null;
  readonly pause: Pause | null;
}

export type OutboxDeps = Omit<AcceptDeps, 'commands' | 'asking' | 'fallbackMs'> &
  Omit<LaneDeps, 'commands' | 'asking' | 'moves' | 'breaker'> &
  AskGuardDeps & {
    readonly store: Store;
    readonly journal: Journal;
    readonly breaker: BreakerLimits;
    /** Keeps one text over restarts. */
    readonly memory: { get(): string | null; set(text: string): void };
  };

export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, timing, memory } = deps;
  const commands = createCommandStore(deps.store, createWakeAt(timing));
  const breaker = new Breaker(deps.breaker, clock, memory.get(), (text) => memory.set(text));
  const asking = createAskGuard(deps);
  const moves = createMoves({
    ...deps,
    commands,
    asking,
    onMoved: (before, after) => {
      breaker.observe(before, after);
      lane.wake();
    },
  });
  const lane = new Lane({ ...deps, commands, asking, moves, breaker });
  const accepting = createAccept({ ...deps, commands, asking, fallbackMs: timing.fallbackMs });
  const confirm = createConfirm({ commands, moves, timing, now: () => clock.now() });
  return {
    replay: (request) => accepting.replay(request),
    answered: (id, isWritten) => accepting.answered(id, isWritten),
    orders: accepting.orders,
    settled: (request) => accepting.settled(request),
    check: (request) => accepting.check(request),
    accept: async (request) => {
      const result = await accepting.accept(request);
      lane.wake();
      return result;
    },
    get: (id) => commands.get(id),
    list: (page) => commands.list(page),
    cancel: (id) => moves.apply(id, { type: 'cancel' }),
    resolve: (id, as) => moves.apply(id, { type: 'resolve', as }),
    originOf: (guid) => {
      const command = commands.provedBy(guid);
      return command === null ? { by: 'device' } : { by: 'bridge', command: command.id };
    },
    observe: (message) => confirm.observe(message),
    received: (message) => confirm.received(message),
    forgetRows: () => {
      for (const command of commands.unproved()) {
        commands.save(step(command, { type: 'renumbered' }, clock.now()) ?? command);
      }
    },
    erase: (chat) => eraseCommands({ store: deps.store, commands, moves }, chat),
    disown: (append) => {
      let disowned = 0;
      // Past the breaker: it is no fault of Messages.
      for (const command of commands.open()) {
        const after = step(command, { type: 'store_replaced' }, clock.now());
        if (after !== null) {
          commands.save(after);
          asking.follow(command, after);
          append({ type: 'command.updated', command: after });
          disowned += 1;
        }
      }
      return disowned;
    },
    stats: () => {
      const counts = commands.counts();
      const countOf = (state: string) => counts.find((one) => one.state === state)?.count ?? 0;
      const all = counts.reduce((sum, { count }) => sum + count, 0);
      return {
        pending: all - countOf('unknown'),
        deferred: countOf('deferred'),
        unknown: countOf('unknown'),
        oldestDueAt: counts.find(({ state }) => state === 'queued')?.dueSince ?? null,
        scriptSince: lane.scriptSince(),
        isStuck: deps.app.isStuck(),
        refusal: lane.refusal(),
        pause: breaker.pause(),
      };
    },
    isBusy: () => lane.isBusy(),
    isPausedByHand: () => breaker.pause()?.by === 'operator',
    pause: () => breaker.pauseByHand(),
    resume: () => {
      breaker.resume();
      lane.askAnew();
    },
    wake: () => lane.wake(),
    start: () => lane.start(),
    stop: () => lane.stop(),
  };
}
