import type { FileHandle } from 'node:fs/promises';
import type {
  Action,
  Capabilities,
  CapabilityName,
  Chat,
  ChatKey,
  Command,
  CommandId,
  Handle,
  Instant,
  Message,
  MessageGuid,
  MessageKind,
  Origin,
  OptIn,
  Refusal,
  RowId,
  ServiceChoice,
  Target,
} from '../domain/index.ts';
import type { toWireCheck } from '../contract/index.ts';
import type { FileLinks } from './file-links.ts';

/** What a verified key may do. `lines` holds `ln_…` ids; `null` is all lines. */
export interface Grant {
  readonly keyId: string;
  readonly scopes: readonly string[];
  readonly lines: readonly string[] | null;
  /** It sends only to contacts who have let themselves in. */
  readonly isSandbox: boolean;
}

export interface KeysPort {
  /** The grant of a key as a client presents it; `null` if it is wrong or revoked. */
  verify(presented: string): Grant | null;
  /** The grant of a key by its id as it stands now; `null` once it is revoked. */
  stillValid(keyId: string): Grant | null;
  /** Another value whenever a key that counted may count no more, or for less. */
  version(): string;
  /** Links that open one file without a key. */
  readonly fileLinks: FileLinks;
}

/** How a request is known again: by its key's own name for it, else by what it asks for. */
export interface RequestName {
  readonly keyId: string;
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
}

type Replay = { readonly outcome: 'replayed'; readonly command: Command } | { readonly outcome: 'conflict' };

/** A rule's no. */
export interface PolicyRefusal {
  readonly refusal: Refusal;
  /** What ends it, as a stable word, where time alone does not. */
  readonly cure: string | null;
}

export interface OutboxPort {
  /**
   * The command that an earlier request of that name made, or an equal one without a name whose answer was not fully
   * written. Asked before anything else is checked, so that a repeated request gets its answer whatever has changed.
   */
  replay(request: RequestName): Replay | null;
  /** Takes a command for good. Rejects with a BluelineError of its files, or where the store cannot keep it. */
  accept(
    request: RequestName & {
      readonly target: Target;
      readonly text: string | null;
      /** Ids of uploads. */
      readonly files: readonly string[];
      readonly line: Handle | null;
      readonly service: ServiceChoice;
      readonly fallback: 'sms' | null;
      readonly notBefore: Instant | null;
      readonly afterReply: boolean;
      readonly expiresAt: Instant | null;
      readonly metadata: Readonly<Record<string, string>> | null;
      readonly optIn: OptIn | null;
      readonly onLimit: 'reject' | 'queue';
    },
  ): Promise<
    | { readonly outcome: 'accepted'; readonly command: Command }
    /** Nothing was kept of it, its name neither. */
    | ({ readonly outcome: 'refused' } & PolicyRefusal)
    | Replay
  >;
  /** What the rules would say of it now. Accepts nothing, and counts nothing. */
  check(request: Parameters<OutboxPort['accept']>[0]): Parameters<typeof toWireCheck>[0];
  /** Names of orders that put nothing into the outbox; of one namespace with those of commands, for 72 h. */
  readonly orders: {
    find(request: RequestName & { readonly idempotencyKey: string }): 'same' | 'other' | null;
    add(request: RequestName & { readonly idempotencyKey: string }): void;
  };
  /** The answer that names a command has been written to its end, or was cut off. */
  answered(id: CommandId, isWritten: boolean): void;
  /** Resolves once it is known whether the answer to an equal request without a key has been written. */
  settled(request: RequestName): Promise<void>;
  get(id: CommandId): Command | null;
  /** Newest first, only those older than `before`. */
  list(page: {
    readonly state: string | null;
    readonly before: CommandId | null;
    readonly limit: number;
  }): readonly Command[];
  /** `null` where nothing of it is left to cancel. */
  cancel(id: CommandId): Command | null;
  /** `null` where its outcome is not unknown. */
  resolve(id: CommandId, as: 'sent' | 'not_sent'): Command | null;
  stats(): {
    readonly pause: { readonly by: 'operator' | 'unknown_outcomes' | 'failures' } | null;
  };
}

/** What the line can do. A helper that can do more than Messages' scripting takes its place behind this port. */
export interface ActionsPort {
  capabilities(): Capabilities;
  /** The ability that the act needs and the line lacks; `null` where the act was begun. */
  begin(action: Action): CapabilityName | null;
}

/** A file that a client has handed in, to be sent. */
export interface Upload {
  /** `file_…` */
  readonly id: string;
  /** No other key may see or send it. */
  readonly keyId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export interface UploadsPort {
  /** Bytes that one file may have. */
  readonly maxBytes: number;
  /** Takes a file in; nothing is left of one that is refused. The content is not destroyed. */
  receive(request: {
    readonly keyId: string;
    readonly name: string | null;
    readonly declaredType: string | null;
    /** 0 where the client does not say. */
    readonly announcedBytes: number;
    readonly content: AsyncIterable<Uint8Array>;
  }): Promise<
    | { readonly outcome: 'stored'; readonly upload: Upload }
    | { readonly outcome: 'refused'; readonly reason: 'empty' | 'too_large' | 'no_room' | 'cut' }
  >;
  find(id: string): Upload | null;
  /** Whoever opened it closes the handle. */
  open(id: string): Promise<OpenedFile | null>;
  /** The upload as Messages plays it: converted where this Mac can, else as it is. */
  toVoice(upload: Upload): Promise<Upload>;
}

/** A vCard 3.0, ready to be sent as a file. */
export interface ComposedCard {
  readonly name: string;
  readonly vcard: string;
}

/** A card as a client describes it. */
export type ContactCardFields = Parameters<ContactCardsPort['compose']>[0];

interface LabelledValue {
  readonly value: string;
  readonly label: 'mobile' | 'home' | 'work' | 'main' | 'iphone' | 'other' | null;
  readonly isPrimary: boolean;
}

export interface ContactCardsPort {
  compose(card: {
    readonly firstName: string | null;
    readonly middleName: string | null;
    readonly lastName: string | null;
    readonly namePrefix: string | null;
    readonly nameSuffix: string | null;
    readonly displayName: string | null;
    readonly nickname: string | null;
    readonly organization: string | null;
    readonly department: string | null;
    readonly title: string | null;
    readonly phones: readonly LabelledValue[];
    readonly emails: readonly LabelledValue[];
    readonly urls: readonly LabelledValue[];
    readonly addresses: readonly {
      readonly street: string | null;
      readonly city: string | null;
      readonly region: string | null;
      readonly postalCode: string | null;
      readonly country: string | null;
      readonly label: LabelledValue['label'];
    }[];
    readonly birthday: string | null;
    readonly note: string | null;
    readonly photo: { readonly type: 'JPEG' | 'PNG'; readonly bytes: Uint8Array } | null;
  }): ComposedCard;
  /** A client's own vCard as version 3.0. */
  convert(
    vcard: string,
  ):
    | { readonly outcome: 'converted'; readonly card: ComposedCard }
    | { readonly outcome: 'invalid'; readonly reason: string };
  /** The command that last shared a card in a chat within 24 hours, whatever became of it. */
  lastShare(chat: ChatKey): CommandId | null;
  remember(chat: ChatKey, command: CommandId): void;
}

interface SandboxState {
  /** What a contact texts to the line to be let in. */
  readonly code: string;
  readonly contacts: readonly { readonly handle: Handle; readonly activatedAt: Instant }[];
  readonly quota: { readonly limit: number; readonly used: number; readonly resetsAt: Instant };
}

/** Whom sandbox keys may send to. */
export interface SandboxPort {
  view(): SandboxState;
  /** Another code; nobody is let in any more. */
  renew(): SandboxState;
  isActivated(handle: Handle): boolean;
  /** Takes one of the day's sends. */
  take(): { readonly outcome: 'taken' } | { readonly outcome: 'none_left'; readonly resetsAt: Instant };
  /** Nothing came of a send that was taken. */
  giveBack(): void;
}

/** Links by which a contact writes to a line first. */
export interface LinksPort {
  /** `null` where no QR code holds so much. */
  link(
    line: Handle,
    body: string,
  ): Promise<{
    readonly link: string;
    readonly android: string | null;
    readonly qr: { readonly svg: string; readonly png: Uint8Array; readonly terminal: string };
  } | null>;
}

export interface HealthPort {
  /** The public body, ready for the wire, at most 10 s old. Reads memory only. */
  snapshot(): object;
  /** What a key adds to it. An array under `lines` holds wire lines. Reads memory only. */
  details(): Readonly<Record<string, unknown>>;
  readonly status: 'healthy' | 'unhealthy';
}

/** One of the account's own addresses. */
export interface LineInfo {
  readonly handle: Handle;
  /** It is the one that AppleScript sends from. */
  readonly isActive: boolean;
  readonly service: 'imessage' | 'sms' | 'auto';
  readonly lastUsedAt: Instant | null;
}

export interface ChatCursor {
  readonly at: Instant;
  readonly rowId: number;
}

export interface MessageCursor {
  /** The raw `message.date`, in decimal digits. */
  readonly date: string;
  readonly rowId: RowId;
}

interface ListedChat {
  readonly chat: Chat;
  readonly cursor: ChatCursor;
}

export interface KnownMessage {
  readonly message: Message;
  readonly origin: Origin | null;
  /** `null` if it was never journalled. */
  readonly syncedAt: Instant | null;
}

export interface ListedMessage extends KnownMessage {
  readonly cursor: MessageCursor;
}

/** What a list of messages is narrowed to; `null` lets all pass. */
export interface MessageQuery {
  readonly chat: ChatKey | null;
  readonly lines: readonly Handle[] | null;
  /** Dated at or after. */
  readonly since: Instant | null;
  /** Dated before. */
  readonly until: Instant | null;
  readonly isFromMe: boolean | null;
  readonly service: string | null;
  readonly kind: MessageKind['kind'] | null;
  readonly before: MessageCursor | null;
  readonly limit: number;
}

export interface OpenedFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** Unix time in milliseconds. */
  readonly modifiedAt: number;
  /** Differs whenever the bytes may. */
  readonly version: string;
}

/** A file that came or went with a message. */
export interface FoundFile {
  readonly filename: string | null;
  readonly mimeType: string | null;
  /** The own addresses of the messages that it belongs to. */
  readonly lines: readonly (Handle | null)[];
  /** Messages has finished fetching it. */
  readonly isOnDisk: boolean;
  /** Opens it, if it is a file of Messages that may be served. Whoever opened it closes the handle. */
  open(): Promise<OpenedFile | null>;
}

/** Apple's side, read-only. Every call throws a BluelineError `messages_db_…` while chat.db cannot be read. */
export interface MessagesPort {
  lines(): readonly LineInfo[];
  chat(key: ChatKey): Chat | null;
  /** The chat that a `cht_…` id stands for. */
  chatKeyById(id: string): ChatKey | null;
  /** Newest activity first. */
  chats(page: { readonly before: ChatCursor | null; readonly limit: number; readonly line: Handle | null }): {
    readonly items: readonly ListedChat[];
  };
  /** Newest first, tapbacks left out. `stoppedAt` is set where a page was left short: go on from there. */
  messages(query: MessageQuery): Promise<{
    readonly items: readonly ListedMessage[];
    readonly stoppedAt: MessageCursor | null;
  }>;
  /** By its `msg_…` id or its guid. */
  message(reference: string): Promise<KnownMessage | null>;
  /** The rows of tapbacks on a message, newest first. */
  reactions(target: MessageGuid): readonly KnownMessage[];
  /** By its `file_…` id. */
  file(id: string): Promise<FoundFile | null>;
}
