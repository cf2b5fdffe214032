import type { ChatRef } from './chat.ts';
import type { Handle, Instant, MessageGuid, RowId } from './ids.ts';

/** How the text was obtained: from the `text` column, from the body's typedstream, by the salvage scan, or not. */
export type BodyStatus = 'none' | 'text' | 'decoded' | 'salvaged' | 'undecodable';

export interface Attachment {
  readonly guid: string;
  /** The name that people see (`transfer_name`), else the file's. */
  readonly filename: string | null;
  readonly mimeType: string | null;
  /** Bytes, as Messages states them. */
  readonly size: number;
  /** `attachment.transfer_state`; 5 is "on disk". */
  readonly transferState: number;
  readonly isSticker: boolean;
}

/** The six classic tapbacks, and the two later kinds. */
export type ReactionType =
  | 'love'
  | 'like'
  | 'dislike'
  | 'laugh'
  | 'emphasize'
  | 'question'
  | 'emoji'
  | 'sticker';

/** What a row is, beside being a row. Unknown codes are kept, never dropped. */
export type MessageKind =
  | { readonly kind: 'text' }
  | {
      readonly kind: 'reaction';
      readonly action: 'add' | 'remove';
      readonly reaction: ReactionType;
      readonly emoji: string | null;
      readonly target: MessageGuid;
      /** Body part that it was put on; `null` for the whole message. */
      readonly part: number | null;
    }
  | {
      readonly kind: 'group_event';
      readonly action: 'participant_added' | 'participant_removed' | 'renamed' | 'photo_changed';
      /** Whom it concerns, where the row says. */
      readonly subject: Handle | null;
      readonly title: string | null;
    }
  | { readonly kind: 'app'; readonly bundleId: string }
  | {
      readonly kind: 'unknown';
      readonly itemType: number;
      readonly groupActionType: number;
      readonly associatedMessageType: number;
    };

/** The row's state as Messages last wrote it. Times are `null` while they have not happened. */
export interface Delivery {
  readonly isSent: boolean;
  readonly isDelivered: boolean;
  readonly isRead: boolean;
  readonly deliveredAt: Instant | null;
  readonly readAt: Instant | null;
  /** Apple's FZErrorType; 0 is none, 22 "not reachable on this service". */
  readonly error: number;
  /** It went out as a text message instead of an iMessage. */
  readonly wasDowngraded: boolean;
}

/** One row of `message`, read. */
export interface Message {
  readonly rowId: RowId;
  readonly guid: MessageGuid;
  /** `null` only while neither a join nor the sender's address tells the chat. */
  readonly chat: ChatRef | null;
  /** `join`: chat_message_join says so. `handle`: derived from the sender, because no join ever came. */
  readonly chatResolved: 'join' | 'handle';
  /** Own address (`destination_caller_id`), where the row tells. */
  readonly line: Handle | null;
  readonly isFromMe: boolean;
  /** Who wrote it; `null` when it was us. */
  readonly sender: Handle | null;
  /** `iMessage`, `SMS`, `RCS`, … as stored. */
  readonly service: string;
  readonly kind: MessageKind;
  readonly text: string | null;
  readonly bodyStatus: BodyStatus;
  readonly subject: string | null;
  readonly attachments: readonly Attachment[];
  readonly isAudioMessage: boolean;
  readonly sentAt: Instant;
  readonly delivery: Delivery;
  /** Last edit; `null` if never edited. */
  readonly editedAt: Instant | null;
  /** How many revisions `message_summary_info` lists, the original included; 0 if never edited. */
  readonly revisions: number;
  /** Body parts taken back. */
  readonly unsentParts: readonly number[];
  /** All of it was taken back. */
  readonly isUnsent: boolean;
  /** Root of the reply thread (`thread_originator_guid`), not the previous message. */
  readonly replyTo: MessageGuid | null;
  /** It stands in Recently Deleted. */
  readonly isRecentlyDeleted: boolean;
}
