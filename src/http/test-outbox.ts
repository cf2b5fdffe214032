import { instant, step, type Command, type CommandId, type CommandInput } from '../domain/index.ts';
import { aCommand } from '../../test/support/message.ts';
import type { Clock } from '../runtime/index.ts';
import type { OutboxPort, RequestName } from './ports.ts';
import { ALLOWED } from './test-guard.ts';

/** What tests see and set of the outbox that stands behind the door. */
export interface OutboxRoom {
  commands: Command[];
  /** As they were handed over. */
  readonly accepted: Parameters<OutboxPort['accept']>[0][];
  /** How the answers that name a command ended. */
  readonly answered: Map<CommandId, boolean>;
  /** Runs while a command is being accepted. */
  onAccept: () => Promise<unknown> | void;
  isPaused: boolean;
  /** What accepting throws. */
  storeFailure: Error | null;
}

/** An outbox in memory. */
export function fakeOutbox(rooms: OutboxRoom, clock: Clock): OutboxPort {
  const bound = new Map<string, { hash: string; command: Command }>();
  const nameOf = ({ keyId, idempotencyKey, requestHash }: RequestName) =>
    idempotencyKey === null ? `${keyId}#${requestHash}` : `${keyId}/${idempotencyKey}`;
  const orders = new Map<string, string>();
  const replay: OutboxPort['replay'] = (request) => {
    if (orders.has(nameOf(request))) {
      return { outcome: 'conflict' };
    }
    const earlier = bound.get(nameOf(request));
    if (
      earlier === undefined ||
      (request.idempotencyKey === null && rooms.answered.get(earlier.command.id) !== false)
    ) {
      return null;
    }
    return earlier.hash === request.requestHash
      ? { outcome: 'replayed', command: earlier.command }
      : { outcome: 'conflict' };
  };
  const change = (id: CommandId, input: CommandInput): Command | null => {
    const index = rooms.commands.findIndex((command) => command.id === id);
    const before = rooms.commands[index];
    const after = before === undefined ? null : step(before, input, clock.now());
    if (after !== null) {
      rooms.commands[index] = after;
    }
    return after;
  };
  return {
    replay,
    accept: async (request) => {
      if (rooms.storeFailure !== null) {
        throw rooms.storeFailure;
      }
      await rooms.onAccept();
      rooms.accepted.push(request);
      const now = clock.now();
      const command = aCommand(`obx_${String(rooms.commands.length + 1).padStart(4, '0')}`, {
        target: request.target,
        text: request.text ?? '',
        attempts: [],
        line: request.line,
        createdAt: now,
        updatedAt: now,
        expiresAt: request.expiresAt ?? instant(now + 3_600_000),
        metadata: request.metadata,
      });
      rooms.commands.push(command);
      bound.set(nameOf(request), { hash: request.requestHash, command });
      return { outcome: 'accepted', command };
    },
    answered: (id, isWritten) => void rooms.answered.set(id, isWritten),
    settled: async () => undefined,
    orders: {
      find: (request) => {
        const key = nameOf(request);
        const hash = orders.get(key);
        return hash === undefined
          ? bound.has(key)
            ? 'other'
            : null
          : hash === request.requestHash
            ? 'same'
            : 'other';
      },
      add: (request) => void orders.set(nameOf(request), request.requestHash),
    },
    get: (id) => rooms.commands.find((command) => command.id === id) ?? null,
    list: ({ state, before, limit }) =>
      rooms.commands
        .toReversed()
        .filter((command) => state === null || command.state.name === state)
        .filter((command) => before === null || command.id < before)
        .slice(0, limit),
    cancel: (id) => change(id, { type: 'cancel' }),
    resolve: (id, as) => change(id, { type: 'resolve', as }),
    check: () => ({ verdict: ALLOWED, rules: [] }),
    stats: () => ({ pause: rooms.isPaused ? { by: 'operator' } : null }),
  };
}
