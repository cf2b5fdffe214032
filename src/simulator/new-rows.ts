import type { ChatPlace } from './chat-places.ts';
import type { Cell } from './row-insert.ts';

export interface NewRow {
  readonly rowId: number;
  readonly guid: string;
}

export interface NewAttachment {
  readonly name: string;
  readonly mimeType: string | null;
  readonly size: number;
  readonly guid?: string;
  /** Path as stored; by default under `~/Library/Messages/Attachments`. */
  readonly filename?: string;
  /** 0 waiting … 5 on disk (default), 6 failed. */
  readonly state?: number;
}

export interface NewMessage {
  readonly chat: ChatPlace;
  readonly text: string;
  readonly service?: string;
  /** `late`: the row stands without its chat until `joinLater`. */
  readonly join?: 'with' | 'late';
  /** `late`: neither text nor body until `fillBody`. */
  readonly body?: 'with' | 'late';
  /** Unix ms; by default now. An old date on a new row is what iCloud's backfill looks like. */
  readonly date?: number;
  readonly attachments?: readonly NewAttachment[];
  /** `late`: the attachments' rows stand without their joins until `joinAttachments`. */
  readonly attachmentJoin?: 'with' | 'late';
  /** Guid of the thread's root. */
  readonly replyTo?: string;
  /** Set last, over everything else. */
  readonly columns?: Readonly<Record<string, Cell>>;
}

export interface NewIncoming extends NewMessage {
  readonly from: string;
}

export interface NewOutgoing extends NewMessage {
  /** Sent by a person on the phone: the row arrives as sent. */
  readonly sent?: boolean;
}
