import type { Chat, ChatRef } from './chat.ts';
import type { Command } from './command.ts';
import type { CommandId, Handle, Instant, MessageGuid, RowId } from './ids.ts';
import type { LineState, Reputation } from './line.ts';
import type { GroupAction, Message, ReactionType } from './message.ts';

/** Where a row of our side came from: this bridge's outbox, or a person on one of the account's devices. */
export type Origin = { readonly by: 'bridge'; readonly command: CommandId } | { readonly by: 'device' };

interface MessageEvent<T extends string> {
  readonly type: T;
  readonly message: Message;
  /** Only on rows of our side. */
  readonly origin: Origin | null;
  /** A new row whose date was more than 15 minutes past when it was first seen, and that is no replay. */
  readonly isLate: boolean;
}

export interface Reaction {
  readonly guid: MessageGuid;
  readonly target: MessageGuid;
  readonly part: number | null;
  readonly type: ReactionType;
  readonly emoji: string | null;
  readonly chat: ChatRef | null;
  readonly sender: Handle | null;
  readonly isFromMe: boolean;
  readonly line: Handle | null;
  readonly sentAt: Instant;
  readonly added: boolean;
}

/** Everything that can be written to the journal. The names are those of the wire. */
export type BridgeEvent =
  | MessageEvent<'message.received'>
  | MessageEvent<'message.created'>
  | MessageEvent<'message.sent'>
  | MessageEvent<'message.delivered'>
  | (MessageEvent<'message.read'> & { readonly reader: 'contact' | 'self' })
  | MessageEvent<'message.failed'>
  | MessageEvent<'message.edited'>
  | MessageEvent<'message.unsent'>
  | MessageEvent<'message.updated'>
  | {
      readonly type: 'message.deleted';
      readonly guid: MessageGuid;
      readonly rowId: RowId;
      readonly chat: ChatRef | null;
      readonly line: Handle | null;
    }
  | { readonly type: 'reaction.added'; readonly reaction: Reaction }
  | { readonly type: 'reaction.removed'; readonly reaction: Reaction }
  | {
      readonly type: 'attachment.ready';
      readonly message: Message;
      readonly attachmentGuid: string;
      readonly origin: Origin | null;
    }
  | { readonly type: 'chat.created'; readonly chat: Chat }
  | {
      readonly type: 'chat.updated';
      readonly chat: ChatRef;
      readonly change: Exclude<GroupAction, `participant_${string}`>;
      readonly displayName: string | null;
      readonly message: Message;
    }
  | {
      readonly type: 'participant.added' | 'participant.removed';
      readonly chat: ChatRef | null;
      readonly handle: Handle | null;
      readonly message: Message;
    }
  | { readonly type: 'command.updated'; readonly command: Command }
  | {
      readonly type: 'line.state_changed';
      readonly line: Handle | null;
      readonly state: LineState;
      readonly previous: LineState;
      readonly reason: string | null;
      /** Where it was flagged: the moment whose hour-before report has been kept. */
      readonly reportAt: Instant | null;
    }
  | {
      readonly type: 'line.reputation_changed';
      readonly line: Handle | null;
      readonly reputation: Reputation;
      readonly previous: Reputation;
      /** What moved it, as stable words. */
      readonly signals: readonly string[];
    }
  | {
      readonly type: 'line.limit_reached';
      readonly line: Handle | null;
      readonly rule: string;
      readonly used: number;
      readonly limit: number;
      /** Which mark was passed. */
      readonly percent: 70 | 80 | 100;
      /** `null` where the limit has no window. */
      readonly windowSeconds: number | null;
    }
  | {
      readonly type: 'contact.opted_out';
      readonly line: Handle | null;
      readonly chat: ChatRef | null;
      /** Who wrote it. */
      readonly handle: Handle | null;
      readonly message: MessageGuid;
    }
  | {
      readonly type: 'webhook.disabled';
      /** `whk_…` */
      readonly webhook: string;
      /** It answered 410, or nothing got through for as long as a delivery is retried. */
      readonly reason: 'gone' | 'failing';
      /** The first failure since the last success. */
      readonly failingSince: Instant | null;
    }
  | { readonly type: 'bridge.started'; readonly version: string }
  | {
      readonly type: 'bridge.health_changed';
      readonly status: 'healthy' | 'unhealthy';
      readonly codes: readonly string[];
    }
  | {
      readonly type: 'bridge.gap';
      /** What happened to chat.db, or to our own store, as a stable word. */
      readonly reason: 'database_replaced' | 'database_rebuilt' | 'store_restored' | 'store_rebuilt';
      readonly lastRowId: RowId;
      /** Date of the newest row that had been told: what is dated later is told, what is older and was not may be missing. */
      readonly since: Instant | null;
    };

export type EventType = BridgeEvent['type'];
