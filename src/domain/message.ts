import type { AppContent, Poll } from './app-content.ts';
import type { Part, PartHistory, Translation } from './body.ts';
import type { ChatRef } from './chat.ts';
import type { Handle, Instant, MessageGuid, RowId } from './ids.ts';

/** How the text was obtained: from the `text` column, from the body's typedstream, by the salvage scan, or not. */
export type BodyStatus = 'none' | 'text' | 'decoded' | 'salvaged' | 'undecodable';

export interface Attachment {
  readonly guid: string;
  /** The name that people see (`transfer_name`), else the file's. */
  readonly filename: string | null;
  readonly mimeType: string | null;
  readonly uti: string | null;
  /** Bytes, as Messages states them. */
  readonly size: number;
  /** `attachment.transfer_state`; 5 is "on disk". */
  readonly transferState: number;
  /** State 5, and the file is there. */
  readonly isReady: boolean;
  readonly isSticker: boolean;
  /** What made the sticker, by its source bundle; `null` on anything else. */
  readonly stickerKind: 'user' | 'genmoji' | 'memoji' | 'emoji' | 'other' | null;
  /** What a genmoji shows, in words. */
  readonly description: string | null;
  readonly isOutgoing: boolean;
  /** Pixels, where Messages noted them. */
  readonly width: number | null;
  readonly height: number | null;
  readonly createdAt: Instant | null;
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

/** What happened to a group. */
export type GroupAction =
  | 'participant_added'
  | 'participant_removed'
  | 'participant_left'
  /** The member of the row now writes from another address. */
  | 'address_changed'
  | 'renamed'
  | 'photo_changed'
  | 'photo_removed'
  | 'background_changed'
  | 'background_removed';

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
  /** A sticker laid on a message. */
  | { readonly kind: 'sticker'; readonly target: MessageGuid; readonly part: number | null }
  | {
      readonly kind: 'group_event';
      readonly action: GroupAction;
      /** Whom it concerns, where the row says. */
      readonly subject: Handle | null;
      readonly title: string | null;
    }
  | { readonly kind: 'location_sharing'; readonly action: 'started' | 'stopped'; readonly byOwner: boolean }
  | { readonly kind: 'audio_kept' }
  /** SharePlay or FaceTime. */
  | { readonly kind: 'shareplay' }
  | { readonly kind: 'app'; readonly bundleId: string; readonly content: AppContent }
  /** A line that an app wrote about its message (associated types 2 and 3). */
  | { readonly kind: 'app_notice'; readonly bundleId: string | null; readonly target: MessageGuid | null }
  | { readonly kind: 'poll'; readonly poll: Poll }
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
  /** The contact's devices showed nothing at once (a Focus was on). */
  readonly wasDeliveredQuietly: boolean;
  /** The sender insisted on a notification all the same. */
  readonly didNotifyRecipient: boolean;
}

/** Where a reply points: the thread's root (all replies of a thread name the same one) and the stretch of it. */
export interface ReplyTarget {
  readonly guid: MessageGuid;
  readonly part: number | null;
  /** UTF-16 units. */
  readonly start: number | null;
  readonly length: number | null;
}

/** A bubble or screen effect; `name` is a stable word, or the raw id's last piece for one that is not known. */
export interface SendEffect {
  readonly type: 'bubble' | 'screen' | 'unknown';
  readonly name: string;
}

/** A voice message recorded in Messages. */
export interface Audio {
  /** Unkept recordings go soon after they were played. */
  readonly expiry: 'none' | 'active' | 'will_expire' | 'expired';
  readonly playedAt: Instant | null;
  readonly transcription: string | null;
  /** `pending` while the recording itself is still on its way; a transcript that comes later is an update. */
  readonly transcriptionStatus: 'stored' | 'pending' | 'none';
}

/** A message that is (or was) to leave later (macOS 15 on). */
export interface Schedule {
  readonly dueAt: Instant;
  /** 1 on its way to Apple, 2 held there, 3 sent; sources differ on 2 and 3, so the number is kept. */
  readonly state: number;
}

/** What Apple's filters, or the owner's, made of the row or its chat. */
export interface Filtering {
  readonly isSpam: boolean;
  /** `chat.is_filtered`: 0 known, 1 unknown sender, 2 spam, others categories of text messages. */
  readonly chat: 'known' | 'unknown_sender' | 'spam' | 'category';
  /** `filter_action` (macOS 27); a number that is not known stays a number. */
  readonly action: 'none' | 'allow' | 'junk' | 'promotion' | 'transaction' | number;
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
  /**
   * The characters of the body, without the placeholders of attachments. A newline is put between two parts only where
   * they would else run together.
   */
  readonly text: string | null;
  readonly bodyStatus: BodyStatus;
  readonly subject: string | null;
  /** The body piece by piece, gaps of unsent parts in place. Empty where there is nothing, or nothing decodable. */
  readonly parts: readonly Part[];
  readonly attachments: readonly Attachment[];
  readonly audio: Audio | null;
  readonly sentAt: Instant;
  readonly delivery: Delivery;
  /** Last edit; `null` if never edited. */
  readonly editedAt: Instant | null;
  /** How many revisions the most edited part has, the original included; 0 if never edited. */
  readonly revisions: number;
  readonly history: readonly PartHistory[];
  /** Body parts taken back. */
  readonly unsentParts: readonly number[];
  /** All of it was taken back. */
  readonly isUnsent: boolean;
  readonly replyTo: ReplyTarget | null;
  readonly effect: SendEffect | null;
  readonly translations: readonly Translation[];
  readonly schedule: Schedule | null;
  readonly filtering: Filtering;
  /** It stands in Recently Deleted. */
  readonly isRecentlyDeleted: boolean;
  readonly deletedAt: Instant | null;
  /**
   * The earlier copy of which this row is the replay: Messages in iCloud inserts old messages again, with new guids
   * and new ROWIDs but their old dates. `null` on everything else.
   */
  readonly replayOf: MessageGuid | null;
}
