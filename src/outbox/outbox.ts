import {
  step,
  type BridgeEvent,
  type Command,
  type CommandId,
  type Instant,
  type Message,
  type MessageGuid,
  type Origin,
  type RowId,
} from '../domain/index.ts';
import type { RejectReason } from '../messages-app/index.ts';
import type { Store } from '../store/index.ts';
import { createAccept, type Accept, type AcceptDeps } from './accept.ts';
import { createCommandStore } from './command-store.ts';
import { createConfirm } from './confirm.ts';
import { Lane, type LaneDeps } from './lane.ts';

/** Commands, durable from the answer that accepts them to the row that proves them. */
export interface Outbox extends Accept {
  get(id: CommandId): Command | null;
  list(page: {
    readonly state: string | null;
    readonly before: CommandId | null;
    readonly limit: number;
  }): Command[];
  /** Whose doing a row of our side was. */
  originOf(rowId: RowId, guid: MessageGuid): Origin;
  /** For capture: whose row it is, and what follows for the command that it proves. */
  observe(message: Message): { readonly origin: Origin; readonly events: readonly BridgeEvent[] };
  /** For capture: another database has taken the place of the one that proofs were found in. */
  forgetRows(present: RowId): void;
  stats(): OutboxStats;
  /** Looks again: Messages or its database has come back. */
  wake(): void;
  start(): void;
  stop(): Promise<void>;
}

export interface OutboxStats {
  /** Queued, sending, dispatched. */
  readonly pending: number;
  /** Ended without proof, and still looked after. */
  readonly unknown: number;
  /** When the oldest queued command was accepted. */
  readonly oldestDueAt: Instant | null;
  /** Since when a send script has been running; `null` while none is. */
  readonly scriptSince: Instant | null;
  /** Why Messages cannot be reached for sending, while that lasts. */
  readonly refusal: RejectReason | null;
}

export type OutboxDeps = Omit<AcceptDeps, 'commands'> &
  Omit<LaneDeps, 'commands'> & { readonly store: Store };

export function createOutbox(deps: OutboxDeps): Outbox {
  const commands = createCommandStore(deps.store);
  const lane = new Lane({ ...deps, commands });
  const accepting = createAccept({ ...deps, commands });
  const observe = createConfirm({
    commands,
    clock: deps.clock,
    // After the transaction: the lane reads what it wrote.
    followUpMs: deps.followUpMs,
    onProof: () => setImmediate(() => lane.wake()),
  });
  return {
    replay: (request) => accepting.replay(request),
    accept: (request) => {
      const result = accepting.accept(request);
      lane.wake();
      return result;
    },
    get: (id) => commands.get(id),
    list: (page) => commands.list(page),
    originOf: (rowId, guid) => {
      const command = commands.provedBy(rowId, guid);
      return command === null ? { by: 'device' } : { by: 'bridge', command: command.id };
    },
    observe,
    forgetRows: (present) => {
      commands.forgetProofRows();
      for (const command of commands.unproved()) {
        commands.save(step(command, { type: 'renumbered', watermark: present }, deps.clock.now()) ?? command);
      }
    },
    stats: () => {
      const open = commands.open();
      const queued = open.find(({ state }) => state.name === 'queued');
      return {
        pending: open.filter(({ state }) => state.name !== 'unknown').length,
        unknown: open.filter(({ state }) => state.name === 'unknown').length,
        oldestDueAt: queued?.createdAt ?? null,
        scriptSince: lane.scriptSince(),
        refusal: lane.refusal(),
      };
    },
    wake: () => lane.wake(),
    start: () => lane.start(),
    stop: () => lane.stop(),
  };
}
