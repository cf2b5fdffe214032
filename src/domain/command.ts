import type { ChatKey, CommandId, Handle, Instant, MessageGuid, RowId } from './ids.ts';

/** Where a text is to go: a chat that chat.db holds, or a contact without one. */
export type Target =
  | { readonly to: 'chat'; readonly chat: ChatKey }
  | { readonly to: 'handle'; readonly handle: Handle };

/** What a client may ask for; `auto` leaves it to the evidence in chat.db. */
export type ServiceChoice = 'auto' | 'imessage' | 'sms' | 'rcs';

/** A service in Messages' own spelling. */
export type Service = 'iMessage' | 'SMS' | 'RCS';

/** Each code is stable. */
export type FailureCode =
  /** The row carries Apple's error. */
  | 'message_failed'
  /** Certain: the script ended before its send verb. */
  | 'send_rejected'
  | 'chat_not_found'
  /** The Mac has no account for the service asked for. */
  | 'service_unavailable'
  /** A row without body and chat: nobody gets such a message. */
  | 'ghost_row'
  /** The same body stands in another chat, and none came in the right one. */
  | 'misrouted'
  /** The row is there, its file did not leave. */
  | 'transfer_failed'
  /** A person decided that it was not sent. */
  | 'not_sent';

/** Why a command ended without having reached the contact. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** `message.error` of the row, or AppleScript's number. */
  readonly apple: number | null;
}

/** A limit that was full, as it stood then. Numbers are `null` where the rule has none. */
export interface LimitHit {
  readonly rule: string;
  readonly used: number | null;
  readonly limit: number | null;
  readonly windowSeconds: number | null;
}

/** A rule's refusal. `code` is the rule. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly limit: LimitHit;
  /** When the same would pass, other things being equal; `null` where waiting does not help. */
  readonly retryAt: Instant | null;
}

/** What a rule has to say of something that it lets pass. */
export interface LimitWarning {
  readonly rule: string;
  readonly message: string;
}

/** Why there is no proof: what ended the attempt, or that its row went away before it was sent. */
export type UnknownCause =
  | 'no_row'
  | 'timed_out'
  | 'still_in_flight'
  | 'script_error'
  | 'interrupted'
  | 'row_gone'
  /** The store that told of it was replaced: whether it has gone since, nothing tells. */
  | 'store_replaced';

/** How one run of a script stands, by its row. */
export type AttemptState =
  | { readonly name: 'sending' }
  | { readonly name: 'dispatched' }
  | {
      readonly name: 'unknown';
      readonly since: Instant;
      readonly cause: UnknownCause;
      /** The follow-up has ended: only a row can still change it. */
      readonly final: boolean;
    }
  | { readonly name: 'sent' | 'delivered' | 'read'; readonly at: Instant }
  | { readonly name: 'failed'; readonly at: Instant; readonly failure: Failure };

/** The row that proves an attempt. */
export interface Proof {
  readonly guid: MessageGuid;
  readonly rowId: RowId;
  /** As the row names it. */
  readonly service: string;
  /** It went out on another service than was planned. */
  readonly isDowngraded: boolean;
}

/** A row of ours with the same body in another chat. It may be a person's: it counts only once no other came. */
export interface Elsewhere {
  readonly chat: ChatKey;
  readonly guid: MessageGuid;
}

/** One script that was started for a part. */
export interface Attempt {
  readonly startedAt: Instant;
  /** The highest ROWID before it: its row comes after. `null` once another database has taken that one's place. */
  readonly watermark: RowId | null;
  /** Something went between us and the contact on that service before. */
  readonly isKnown: boolean;
  /** The planned one; `null` where nothing told. */
  readonly service: Service | null;
  readonly state: AttemptState;
  readonly proof: Proof | null;
  readonly elsewhere: Elsewhere | null;
  /** What a person said of an unknown one. */
  readonly resolvedAs: 'sent' | 'not_sent' | null;
}

export type PartContent =
  | { readonly kind: 'text'; readonly text: string }
  /** A copy that Messages can read. `name` is what the recipient sees, and what the row is known by. */
  | {
      readonly kind: 'file';
      readonly fileId: string;
      readonly path: string;
      readonly name: string;
      readonly size: number;
    };

/** A text or one file: what one script sends and one row proves. */
export interface CommandPart {
  readonly content: PartContent;
  /** More than one only where a text message followed an iMessage that could not be delivered. */
  readonly attempts: readonly Attempt[];
  /** When a text message is to follow the failed iMessage; `null` where none is. */
  readonly fallbackAt: Instant | null;
}

/** What the parts that have not been started wait for, or why they never will be. */
export type Hold =
  | { readonly name: 'queued' }
  | {
      readonly name: 'deferred';
      readonly reason: 'not_before' | 'after_reply';
      readonly until: Instant | null;
    }
  /** A limit puts it off; it is asked again then. */
  | {
      readonly name: 'deferred';
      readonly reason: 'limit';
      readonly until: Instant;
      readonly limit: LimitHit;
    }
  | { readonly name: 'canceled'; readonly at: Instant }
  | { readonly name: 'expired'; readonly at: Instant }
  | { readonly name: 'refused'; readonly at: Instant; readonly refusal: Refusal };

export type PartState = Hold | AttemptState;

/** A command's own state is that of its least advanced part; one that failed or never will go outweighs. */
export type CommandState = PartState;

export interface OptIn {
  readonly source: string;
  readonly at: Instant;
}

/** Something that a client asked us to do, as the outbox keeps it. */
export interface Command {
  readonly id: CommandId;
  readonly target: Target;
  readonly line: Handle | null;
  readonly service: ServiceChoice;
  /** A text message follows an iMessage whose error 22 has stood for `afterMs`. */
  readonly fallback: { readonly service: 'SMS'; readonly afterMs: number } | null;
  readonly parts: readonly CommandPart[];
  readonly hold: Hold;
  /** The hold it was accepted with: what the first answer showed. */
  readonly acceptedWith: Hold;
  /** Follows from the parts and the hold; `settled` keeps it so. */
  readonly state: CommandState;
  /** The contact has written lately: it goes before what starts something. */
  readonly isReply: boolean;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly notBefore: Instant | null;
  /** Not sent any more from this moment on. */
  readonly expiresAt: Instant;
  /** The client's own words, given back as they came. */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Where and when the contact agreed to be written to, as the client says. */
  readonly optIn: OptIn | null;
  /** What a full limit does: refuse, or put off to the next free place. */
  readonly onLimit: 'reject' | 'queue';
  /** What rules had to say when it was accepted. */
  readonly warnings: readonly LimitWarning[];
  /** Set where the same went to the same place within the last minute, without a key of its own. */
  readonly suspectedDuplicateOf: CommandId | null;
}

const RANK: Readonly<Record<CommandState['name'], number>> = {
  queued: 0,
  deferred: 0,
  canceled: 0,
  expired: 0,
  refused: 0,
  sending: 1,
  dispatched: 2,
  unknown: 3,
  failed: 4,
  sent: 5,
  delivered: 6,
  read: 7,
};

/** How far along a state is. */
export function rankOf(state: CommandState): number {
  return RANK[state.name];
}

/** How one part stands. */
export function partState(command: Pick<Command, 'hold'>, part: CommandPart): PartState {
  const last = part.attempts.at(-1);
  if (last === undefined) {
    return command.hold;
  }
  const [furthest] = part.attempts
    .map(({ state }) => state)
    .filter(isProvedSent)
    .toSorted((a, b) => rankOf(b) - rankOf(a));
  if (furthest !== undefined) {
    return furthest;
  }
  // Not reported as failed while a second attempt is to follow.
  return last.state.name === 'failed' && part.fallbackAt !== null ? { name: 'dispatched' } : last.state;
}

function isProvedSent(state: AttemptState): boolean {
  return state.name === 'sent' || state.name === 'delivered' || state.name === 'read';
}

/** The command with the state that follows from its parts. */
export function settled(command: Omit<Command, 'state'>): Command {
  const states = command.parts.map((part) => partState(command, part));
  const worst =
    states.find(({ name }) => name === 'failed') ??
    states.find(({ name }) => name === 'refused' || name === 'canceled' || name === 'expired') ??
    states.reduce((least, state) => (comesBefore(state, least) ? state : least));
  return { ...command, state: worst };
}

function comesBefore(a: PartState, b: PartState): boolean {
  if (a.name === 'unknown' && b.name === 'unknown') {
    return !a.final && b.final;
  }
  return rankOf(a) < rankOf(b);
}

/** No further script will run for it, and nothing but a late row can change it. */
export function isFinal(command: Command): boolean {
  return command.parts.every((part) => {
    const state = partState(command, part);
    switch (state.name) {
      case 'queued':
      case 'deferred':
      case 'sending':
      case 'dispatched':
        return false;
      case 'unknown':
        return state.final;
      case 'sent':
      case 'delivered':
      case 'read':
      case 'failed':
      case 'canceled':
      case 'expired':
      case 'refused':
        return true;
      default:
        return state satisfies never;
    }
  });
}

/** No row with its text has proved it, and one still could: the script was started and did not certainly fail. */
export function isAwaited({ proof, resolvedAs, state }: Attempt): boolean {
  if (state.name === 'failed' && state.failure.code === 'ghost_row') {
    return true;
  }
  if (proof !== null) {
    return false;
  }
  switch (state.name) {
    case 'sending':
    case 'dispatched':
    case 'unknown':
      return true;
    // It ended without a row of its own, on somebody's word or by a row elsewhere.
    case 'failed':
      return resolvedAs !== null || state.failure.code === 'misrouted';
    case 'sent':
    case 'delivered':
    case 'read':
      return resolvedAs !== null;
    default:
      return state satisfies never;
  }
}

/** The first message failed, a text message followed, and then the first turned out to have gone all the same. */
export function mayBeDeliveredTwice(command: Command): boolean {
  return command.parts.some(({ attempts: [first, second] }) => {
    const isSecondOut =
      second !== undefined &&
      !(second.state.name === 'failed' && second.state.failure.code !== 'message_failed');
    return first !== undefined && isProvedSent(first.state) && isSecondOut;
  });
}
