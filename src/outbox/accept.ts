import { monotonicFactory } from 'ulid';
import { commandId, instant, type Command, type Handle, type Instant, type Target } from '../domain/index.ts';
import type { Journal } from '../events/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { CommandStore } from './command-store.ts';
import { chatOf, normaliseBody } from './match.ts';

/** An idempotency key answers with the stored command for so long. */
const IDEMPOTENCY_MS = 72 * 3_600_000;
/** A keyless command that repeats one of so long ago is accepted, and marked. */
const DUPLICATE_MS = 60_000;
/** How long a command may wait: an answer is stale sooner than a message that starts something. */
const REPLY_EXPIRY_MS = 3_600_000;
const OTHER_EXPIRY_MS = 24 * 3_600_000;

export interface AcceptRequest {
  /** Whose idempotency keys they are. */
  readonly keyId: string;
  readonly idempotencyKey: string | null;
  /** Digest of the request's body: the same key with another body is refused. */
  readonly requestHash: string;
  readonly target: Target;
  readonly text: string;
  readonly line: Handle | null;
  readonly expiresAt: Instant | null;
}

export type AcceptResult =
  | { readonly outcome: 'accepted' | 'replayed'; readonly command: Command }
  | { readonly outcome: 'conflict' };

export interface AcceptDeps {
  readonly store: Store;
  readonly journal: Journal;
  readonly commands: CommandStore;
  readonly clock: Clock;
  /** The contact has written within the last 24 hours. */
  readonly isReply: (target: Target) => boolean;
}

export type ReplayResult =
  | { readonly outcome: 'replayed'; readonly command: Command }
  | { readonly outcome: 'conflict' };

export interface Accept {
  /** What an earlier request under the same key has made, if there was one. */
  replay(request: {
    readonly keyId: string;
    readonly idempotencyKey: string;
    readonly requestHash: string;
  }): ReplayResult | null;
  /** Stores the command, its idempotency key and its event in one transaction. Throws only if the store cannot keep it. */
  accept(request: AcceptRequest): AcceptResult;
}

export function createAccept(deps: AcceptDeps): Accept {
  const { store, journal, commands, clock } = deps;
  const ulid = monotonicFactory();
  const bound = store.db.prepare<[string, string, number], { request_hash: string; command_id: string }>(
    'SELECT request_hash, command_id FROM idempotency WHERE key_id = ? AND key = ? AND created_at > ?',
  );
  const bind = store.db.prepare<[string, string, string, string, number]>(
    'INSERT OR REPLACE INTO idempotency (key_id, key, request_hash, command_id, created_at) VALUES (?, ?, ?, ?, ?)',
  );

  const replay: Accept['replay'] = ({ keyId, idempotencyKey, requestHash }) => {
    const known = bound.get(keyId, idempotencyKey, clock.now() - IDEMPOTENCY_MS);
    const command = known === undefined ? null : commands.get(commandId(known.command_id));
    if (known === undefined || command === null) {
      return null;
    }
    return known.request_hash === requestHash
      ? { outcome: 'replayed', command: asAccepted(command) }
      : { outcome: 'conflict' };
  };

  const accept: Accept['accept'] = (request) => {
    const now = clock.now();
    const { idempotencyKey } = request;
    const expiresAt =
      request.expiresAt ?? instant(now + (deps.isReply(request.target) ? REPLY_EXPIRY_MS : OTHER_EXPIRY_MS));
    return journal.write((append): AcceptResult => {
      if (request.idempotencyKey !== null) {
        const known = bound.get(request.keyId, request.idempotencyKey, now - IDEMPOTENCY_MS);
        const command = known === undefined ? null : commands.get(commandId(known.command_id));
        if (known !== undefined && command !== null) {
          return known.request_hash === request.requestHash
            ? { outcome: 'replayed', command }
            : { outcome: 'conflict' };
        }
      }
      const command: Command = {
        id: commandId(`obx_${ulid(now)}`),
        target: request.target,
        text: request.text,
        line: request.line,
        state: { name: 'queued' },
        createdAt: now,
        updatedAt: now,
        expiresAt,
        proof: null,
        suspectedDuplicateOf:
          idempotencyKey === null ? duplicateOf(request, commands.since(now - DUPLICATE_MS)) : null,
      };
      commands.save(command);
      if (idempotencyKey !== null) {
        bind.run(request.keyId, idempotencyKey, request.requestHash, command.id, now);
      }
      append({ type: 'command.updated', command });
      return { outcome: 'accepted', command };
    });
  };
  return { replay, accept };
}

/** The command as the first answer showed it: a repeat gets that answer, whatever has become of the command since. */
function asAccepted(command: Command): Command {
  return { ...command, state: { name: 'queued' }, updatedAt: command.createdAt, proof: null };
}

function duplicateOf(request: AcceptRequest, recent: readonly Command[]): Command['id'] | null {
  const body = normaliseBody(request.text);
  const chat = chatOf(request.target);
  return (
    recent.find((other) => chatOf(other.target) === chat && normaliseBody(other.text) === body)?.id ?? null
  );
}
