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
  type OptIn,
  type PartContent,
  type Refusal,
  type ServiceChoice,
  type Target,
} from '../domain/index.ts';
import type { Cure, RuleVerdict, Verdict } from '../deliverability/index.ts';
import type { Journal } from '../events/index.ts';
import { createSortableIds, type Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { AskGuard } from './ask-guard.ts';
import type { CommandStore } from './command-store.ts';
import { limitHit, refusalOf } from './guard-words.ts';
import { createKnownRequests, type OrderName, type RequestName } from './known-requests.ts';
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
  readonly optIn: OptIn | null;
  readonly onLimit: 'reject' | 'queue';
}

export type ReplayResult =
  | { readonly outcome: 'replayed'; readonly command: Command }
  | { readonly outcome: 'conflict' };

export type AcceptResult =
  | { readonly outcome: 'accepted'; readonly command: Command }
  /** A rule is against it: nothing was kept of it. */
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly cure: Cure | null }
  | ReplayResult;

/** What the rules say of a request, each by itself and all together. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly rules: readonly RuleVerdict[];
}

export interface AcceptDeps {
  readonly store: Store;
  readonly journal: Journal;
  readonly commands: CommandStore;
  readonly asking: AskGuard;
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
  /** What the rules would say of it now. Accepts nothing, and counts nothing. */
  check(request: AcceptRequest): CheckResult;
  /** How the answer to a request ended: written to its end, or cut off. */
  answered(id: CommandId, isWritten: boolean): void;
  /** Names of orders that put nothing into the outbox: they are of one namespace with those of commands. */
  readonly orders: {
    find(request: OrderName): 'same' | 'other' | null;
    add(request: OrderName): void;
  };
  /** Resolves once it is known whether the answer to an equal request without a key has been written. */
  settled(request: RequestName): Promise<void>;
}

export function createAccept(deps: AcceptDeps): Accept {
  const { journal, commands, asking, clock, staging } = deps;
  const nextId = createSortableIds();
  const known = createKnownRequests(deps.store, clock);
  const newId = () => commandId(`obx_${nextId(clock.now())}`);

  const replay: Accept['replay'] = (request) => {
    const earlier = known.find(request);
    if (earlier === null) {
      return null;
    }
    if (!earlier.isSame) {
      return { outcome: 'conflict' };
    }
    const command = commands.get(earlier.command);
    return command === null ? null : { outcome: 'replayed', command: asAccepted(command) };
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
    const hold = firstHold(request, now);
    return settled({
      id,
      target: request.target,
      line: request.line,
      service: request.service,
      fallback: request.fallback === null ? null : { service: 'SMS', afterMs: deps.fallbackMs },
      parts,
      hold,
      acceptedWith: hold,
      isReply: deps.isReply(request.target),
      createdAt: now,
      updatedAt: now,
      notBefore: request.notBefore,
      expiresAt: instant(now),
      metadata: request.metadata,
      optIn: request.optIn,
      onLimit: request.onLimit,
      warnings: [],
      suspectedDuplicateOf:
        request.idempotencyKey === null
          ? duplicateOf(parts, commands.since(chatOf(request.target), now - DUPLICATE_MS))
          : null,
    });
  };

  /** The command with what the guard's verdict means for it. */
  const judged = (
    command: Command,
    request: AcceptRequest,
    verdict: Exclude<Verdict, { kind: 'refuse' }>,
  ) => {
    // What waits for an answer goes after it, whatever else it waits for; the lane asks then.
    const isAnswer = command.hold.name === 'deferred' && command.hold.reason === 'after_reply';
    const hold: Hold =
      verdict.kind === 'allow' || isAnswer
        ? command.hold
        : { name: 'deferred', reason: 'limit', until: verdict.until, limit: limitHit(verdict) };
    const waitMs = command.isReply && !request.afterReply ? REPLY_EXPIRY_MS : OTHER_EXPIRY_MS;
    const from = Math.max(command.createdAt, hold.name === 'deferred' ? (hold.until ?? 0) : 0);
    return settled({
      ...command,
      hold,
      acceptedWith: hold,
      warnings: verdict.warnings,
      expiresAt: request.expiresAt ?? instant(from + waitMs),
    });
  };

  /** For the guard, which looks at no file: as many as there will be, before any is copied. */
  const sketch = (id: CommandId, request: AcceptRequest): Command => {
    const file = { kind: 'file', path: '', name: '', size: 0 } as const;
    const contents: PartContent[] = request.text === null ? [] : [{ kind: 'text', text: request.text }];
    contents.push(...request.files.map((fileId) => ({ ...file, fileId })));
    return toCommand(
      id,
      request,
      contents.map((content) => ({ content, attempts: [], fallbackAt: null })),
    );
  };

  return {
    replay,
    answered: (id, isWritten) => known.answered(id, isWritten),
    orders: { find: (request) => known.order(request), add: (request) => known.addOrder(request) },
    settled: (request) => known.settled(request),
    check: (request) => asking.check(sketch(newId(), request)),
    accept: async (request) => {
      const id = newId();
      if (request.files.length > 0) {
        const verdict = asking.onAccept(sketch(id, request));
        if (verdict.kind === 'refuse') {
          return { outcome: 'refused', refusal: refusalOf(verdict), cure: verdict.cure };
        }
      }
      let result: AcceptResult | null = null;
      try {
        const parts = await stage(id, request);
        result = journal.write((append): AcceptResult => {
          // Asked again: the same request may have come twice while files were copied.
          const earlier = request.idempotencyKey === null ? null : replay(request);
          if (earlier !== null) {
            return earlier;
          }
          const asked = toCommand(id, request, parts);
          const verdict = asking.onAccept(asked);
          if (verdict.kind === 'refuse') {
            return { outcome: 'refused', refusal: refusalOf(verdict), cure: verdict.cure };
          }
          const command = judged(asked, request, verdict);
          commands.save(command);
          asking.follow(null, command);
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
