import {
  commandId,
  instant,
  settled,
  type Command,
  type CommandId,
  type CommandPart,
  type Handle,
  type Hold,
  type Instant,
  type PartContent,
  type ServiceChoice,
  type Target,
} from '../domain/index.ts';
import type { Journal } from '../events/index.ts';
import { createSortableIds, type Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { CommandStore } from './command-store.ts';
import { createKnownRequests, type RequestName } from './known-requests.ts';
import { chatOf, likeness } from './match.ts';
import type { Staging } from './moves.ts';

/** A keyless command that repeats one of so long ago is accepted, and marked. */
const DUPLICATE_MS = 60_000;
/** How long a command may wait: an answer is stale sooner than a message that starts something. */
const REPLY_EXPIRY_MS = 3_600_000;
const OTHER_EXPIRY_MS = 24 * 3_600_000;

/** What a client asks for, checked. At least one of text and files is there. */
export interface AcceptRequest extends RequestName {
  readonly target: Target;
  readonly text: string | null;
  /** Ids of uploads, in the order in which they are to go. */
  readonly files: readonly string[];
  readonly line: Handle | null;
  readonly service: ServiceChoice;
  /** A text message follows an iMessage that the address cannot get. */
  readonly fallback: 'sms' | null;
  readonly notBefore: Instant | null;
  /** Not before the contact has written again. */
  readonly afterReply: boolean;
  readonly expiresAt: Instant | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export type ReplayResult =
  | { readonly outcome: 'replayed'; readonly command: Command }
  | { readonly outcome: 'conflict' };

export type AcceptResult = { readonly outcome: 'accepted'; readonly command: Command } | ReplayResult;

export interface AcceptDeps {
  readonly store: Store;
  readonly journal: Journal;
  readonly commands: CommandStore;
  readonly clock: Clock;
  readonly staging: Staging;
  readonly fallbackMs: number;
  /** The contact has written within the last 24 hours. */
  readonly isReply: (target: Target) => boolean;
}

export interface Accept {
  /** What an earlier request of that name has made, or an equal one without a name whose answer may not have arrived. */
  replay(request: RequestName): ReplayResult | null;
  /**
   * Stages its files, then stores the command, its idempotency key and its event in one transaction.
   * @throws what `Staging.stage` does, and whatever the store throws if it cannot keep it
   */
  accept(request: AcceptRequest): Promise<AcceptResult>;
  /** How the answer to a request ended: written to its end, or cut off. */
  answered(id: CommandId, isWritten: boolean): void;
}

export function createAccept(deps: AcceptDeps): Accept {
  const { journal, commands, clock, staging } = deps;
  const nextId = createSortableIds();
  const known = createKnownRequests(deps.store, clock);

  const replay: Accept['replay'] = (request) => {
    const earlier = known.find(request);
    const command = earlier === null ? null : commands.get(earlier.command);
    if (earlier === null || command === null) {
      return null;
    }
    return earlier.isSame ? { outcome: 'replayed', command: asAccepted(command) } : { outcome: 'conflict' };
  };

  const stage = async (id: CommandId, request: AcceptRequest): Promise<CommandPart[]> => {
    const contents: PartContent[] = request.text === null ? [] : [{ kind: 'text', text: request.text }];
    for (const fileId of request.files) {
      contents.push({ kind: 'file', fileId, ...(await staging.stage(fileId, id)) });
    }
    return contents.map((content) => ({ content, attempts: [], fallbackAt: null }));
  };

  const toCommand = (id: CommandId, request: AcceptRequest, parts: readonly CommandPart[]): Command => {
    const now = clock.now();
    const isReply = deps.isReply(request.target);
    const hold = firstHold(request, now);
    const waitMs = isReply && !request.afterReply ? REPLY_EXPIRY_MS : OTHER_EXPIRY_MS;
    return settled({
      id,
      target: request.target,
      line: request.line,
      service: request.service,
      fallback: request.fallback === null ? null : { service: 'SMS', afterMs: deps.fallbackMs },
      parts,
      hold,
      acceptedWith: hold,
      isReply,
      createdAt: now,
      updatedAt: now,
      notBefore: request.notBefore,
      expiresAt: request.expiresAt ?? instant(Math.max(now, request.notBefore ?? 0) + waitMs),
      metadata: request.metadata,
      suspectedDuplicateOf:
        request.idempotencyKey === null
          ? duplicateOf(parts, commands.since(chatOf(request.target), now - DUPLICATE_MS))
          : null,
    });
  };

  return {
    replay,
    answered: (id, isWritten) => known.answered(id, isWritten),
    accept: async (request) => {
      const id = commandId(`obx_${nextId(clock.now())}`);
      let result: AcceptResult | null = null;
      try {
        const parts = await stage(id, request);
        result = journal.write((append): AcceptResult => {
          // Asked again: the same request may have come twice while files were copied.
          const earlier = request.idempotencyKey === null ? null : replay(request);
          if (earlier !== null) {
            return earlier;
          }
          const command = toCommand(id, request, parts);
          commands.save(command);
          known.add(request, id);
          append({ type: 'command.updated', command });
          return { outcome: 'accepted', command };
        });
        return result;
      } finally {
        if (result?.outcome !== 'accepted' && request.files.length > 0) {
          await staging.release(id);
        }
      }
    },
  };
}

function firstHold({ notBefore, afterReply }: AcceptRequest, now: Instant): Hold {
  if (afterReply) {
    return { name: 'deferred', reason: 'after_reply', until: null };
  }
  return notBefore !== null && notBefore > now
    ? { name: 'deferred', reason: 'not_before', until: notBefore }
    : { name: 'queued' };
}

/** The command as the first answer showed it: a repeat gets that answer, whatever has become of the command since. */
function asAccepted(command: Command): Command {
  return settled({
    ...command,
    parts: command.parts.map(({ content }) => ({ content, attempts: [], fallbackAt: null })),
    hold: command.acceptedWith,
    updatedAt: command.createdAt,
  });
}

function duplicateOf(parts: readonly CommandPart[], recent: readonly Command[]): CommandId | null {
  const body = parts.map(likeness).join('\0');
  return recent.find((other) => other.parts.map(likeness).join('\0') === body)?.id ?? null;
}
