import type Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';
import { appleNanoseconds, distinctDates } from './apple-time.ts';
import { insertAttachment, joinAttachments } from './attachment-rows.ts';
import { bodyParts, encodeBody } from './body.ts';
import { ChatPlaces, type ChatPlace, type ChatRequest } from './chat-places.ts';
import { isSince, upperUuid, type Era } from './era-schema.ts';
import { groupEventColumns, settleGroupEvent, type GroupEvent } from './group-event.ts';
import { bodyColumns, commonColumns } from './message-columns.ts';
import type { NewIncoming, NewMessage, NewOutgoing, NewRow } from './new-rows.ts';
import { ownAccount, type OwnAccount } from './own-account.ts';
import {
  columnAwareChange,
  columnAwareInsert,
  type Cell,
  type ChangeMessage,
  type InsertRow,
} from './row-insert.ts';
import { moveJoin } from './recently-deleted.ts';
import { encodeSummary, type Revision } from './summary.ts';
import { tapbackCode, tapbackText, type TapbackType } from './tapback.ts';

/** What a writer remembers of a row that it wrote, by the row's guid: what an edit or a late body needs. */
export type WriterMemory = Map<string, Written>;

interface Written {
  readonly chat: ChatPlace;
  readonly isFromMe: boolean;
  readonly service: string;
  readonly attachments: readonly string[];
  readonly revisions: Revision[];
  retracted: number[];
  readonly date: bigint;
}

/**
 * Writes rows as Messages does: same columns, same order of steps, dates in nanoseconds since 2001. Each method is
 * one transaction of its own; inside a transaction that the caller began it is part of that.
 */
export class ChatDbWriter {
  readonly places: ChatPlaces;
  readonly #db: Database.Database;
  readonly #era: Era;
  readonly #now: () => number;
  readonly #date: () => bigint;
  readonly #uuid: () => string;
  readonly #account: OwnAccount;
  readonly #insert: InsertRow;
  readonly #change: ChangeMessage;
  readonly #memory: WriterMemory;

  /** @param options `line` own address; `now` Unix ms; `uuid` source of guids, upper-case UUIDs by default */
  constructor(
    db: Database.Database,
    options: {
      readonly era: Era;
      readonly line: string;
      readonly now: () => number;
      readonly uuid?: () => string;
      /** Handed on to the next writer when the file is opened again. */
      readonly memory?: WriterMemory;
    },
  ) {
    this.#db = db;
    this.#era = options.era;
    this.#now = options.now;
    this.#date = distinctDates(options.now);
    this.#uuid = options.uuid ?? upperUuid;
    this.#memory = options.memory ?? new Map();
    this.#account = ownAccount(options.line);
    this.#insert = columnAwareInsert(db);
    this.#change = columnAwareChange(db);
    this.places = new ChatPlaces(db, {
      era: this.#era,
      insert: this.#insert,
      account: this.#account,
      uuid: this.#uuid,
    });
  }

  ensureHandle(id: string, service = 'iMessage'): number {
    return this.#atomic(() => this.places.ensureHandle(id, service));
  }

  ensureChat(request: ChatRequest): ChatPlace {
    return this.#atomic(() => this.places.ensureChat(request));
  }

  /** See `ChatPlaces.present`. */
  presentChat(chat: ChatPlace, participants: readonly string[]): ChatPlace {
    return this.#atomic(() => this.places.present(chat, participants));
  }

  insertIncoming(message: NewIncoming): NewRow {
    return this.#atomic(() => {
      const handle = this.places.ensureHandle(message.from, message.service ?? 'iMessage');
      return this.#insertMessage(message, {
        handle_id: handle,
        is_from_me: 0,
        is_finished: 1,
        is_delivered: 1,
        date_delivered: 0,
        date_read: 0,
      });
    });
  }

  /** The row that a send leaves at once: not sent yet. With `sent`, a row that another device of the owner has sent. */
  insertOutgoing(message: NewOutgoing): NewRow {
    return this.#atomic(() => {
      const { chat } = message;
      const handle =
        chat.style === 'direct'
          ? this.places.ensureHandle(chat.identifier, message.service ?? 'iMessage')
          : 0;
      return this.#insertMessage(message, {
        handle_id: handle,
        is_from_me: 1,
        is_finished: message.sent === true ? 1 : 0,
        is_sent: message.sent === true ? 1 : 0,
        date_delivered: 0,
        date_read: 0,
      });
    });
  }

  /** macOS 26: what a group send that went wrong can leave. No body, no join, and the chat's name for a handle. */
  insertGhost(identifier: string): NewRow {
    return this.#atomic(() => {
      const guid = this.#uuid();
      const rowId = this.#insert('message', {
        ...commonColumns(this.#account, guid, 'SMS', this.#date()),
        handle_id: this.places.ensureHandle(identifier, 'SMS'),
        is_from_me: 1,
      });
      return { rowId, guid };
    });
  }

  /** Sets the chat of a row that was written with `join: 'late'`. */
  joinLater(rowId: number): void {
    const written = this.#rowOf(rowId);
    this.#atomic(() => this.#join(rowId, written.chat, written.date));
  }

  /** Sets the attachments of a row that was written with `attachmentJoin: 'late'`. */
  joinAttachments(rowId: number): void {
    const { attachments } = this.#rowOf(rowId);
    this.#atomic(() => joinAttachments(this.#db, rowId, attachments));
  }

  /** Gives a row that was written with `body: 'late'` its text. */
  fillBody(rowId: number, text: string): void {
    const written = this.#rowOf(rowId);
    written.revisions.splice(0, 1, { at: this.#now(), text });
    const columns = bodyColumns(this.#era, text, written.attachments, written);
    this.#change(rowId, { ...columns });
  }

  markSent(rowId: number): void {
    this.#change(rowId, { is_finished: 1, is_sent: 1, error: 0 });
  }

  markDelivered(rowId: number): void {
    this.#change(rowId, { is_delivered: 1, date_delivered: this.#date() });
  }

  /** The contact has read a row of ours. */
  markRead(rowId: number): void {
    this.#change(rowId, { is_read: 1, date_read: this.#date() });
  }

  /** @param error FZErrorType: 22 not reachable on this service, 25 attachment not readable */
  fail(rowId: number, error: number): void {
    this.#change(rowId, { error, is_finished: 1, is_sent: 0 });
  }

  /** It went out as a text message after all. */
  downgrade(rowId: number): void {
    this.#change(rowId, { service: 'SMS', was_downgraded: 1 });
  }

  /** A new version of the text part: `text` empties, the body is the current version, the summary lists them all. */
  edit(rowId: number, text: string): void {
    const written = this.#rowOf(rowId);
    written.revisions.push({ at: this.#now(), text });
    const part = written.attachments.length;
    this.#change(rowId, {
      text: null,
      attributedBody: encodeBody(text, { attachments: written.attachments }),
      date_edited: this.#date(),
      message_summary_info: encodeSummary({
        isFromMe: written.isFromMe,
        edits: [{ part, revisions: written.revisions }],
        ...(written.isFromMe ? { editor: this.#account.line } : {}),
      }),
    });
  }

  /** Takes back the whole message, or the named parts of it, which leave gaps in the numbers of the rest. */
  unsend(rowId: number, parts?: readonly number[]): void {
    const written = this.#rowOf(rowId);
    const text = written.revisions.at(-1)?.text ?? '';
    const numbers = bodyParts(text, written.attachments).map((part) => part.number);
    written.retracted = [...new Set([...written.retracted, ...(parts ?? numbers)])].sort((a, b) => a - b);
    const left = numbers.filter((number) => !written.retracted.includes(number));
    this.#change(rowId, {
      text: null,
      attributedBody:
        left.length === 0
          ? null
          : encodeBody(text, { attachments: written.attachments, withoutParts: written.retracted }),
      is_empty: left.length === 0 ? 1 : 0,
      part_count: left.length,
      date_edited: this.#date(),
      message_summary_info: encodeSummary({ isFromMe: written.isFromMe, retracted: written.retracted }),
    });
  }

  /**
   * Puts a tapback on a message, or takes it off. Only the last state is kept: an earlier row of the same sender on
   * the same part is deleted. `by` null is the owner.
   */
  tapback(tapback: {
    readonly chat: ChatPlace;
    readonly by: string | null;
    readonly target: string;
    readonly type: TapbackType;
    readonly part?: number;
    readonly emoji?: string | null;
    readonly remove?: boolean;
    readonly date?: number;
  }): NewRow {
    return this.#atomic(() => {
      const handle = tapback.by === null ? 0 : this.places.ensureHandle(tapback.by, 'iMessage');
      const target = `p:${tapback.part ?? 0}/${tapback.target}`;
      const remove = tapback.remove ?? false;
      if (tapback.type !== 'sticker' || remove) {
        this.#db
          .prepare<[string, number, number]>(
            `DELETE FROM message WHERE associated_message_guid = ? AND handle_id = ? AND is_from_me = ?
             AND associated_message_type BETWEEN 2000 AND 3007`,
          )
          .run(target, handle, tapback.by === null ? 1 : 0);
      }
      const original = this.#textOf(tapback.target);
      const text = tapbackText(tapback.type, original, { emoji: tapback.emoji ?? null, remove });
      return this.#insertMessage(
        {
          chat: tapback.chat,
          text,
          ...(tapback.date === undefined ? {} : { date: tapback.date }),
        },
        {
          handle_id: handle,
          is_from_me: tapback.by === null ? 1 : 0,
          is_finished: 1,
          is_sent: tapback.by === null ? 1 : 0,
          is_delivered: tapback.by === null ? 0 : 1,
          associated_message_guid: target,
          associated_message_type: tapbackCode(tapback.type, remove),
          associated_message_emoji: tapback.emoji ?? null,
          associated_message_range_length: original.length,
        },
      );
    });
  }

  /** The owner has read a row of somebody else, here or on the phone. */
  ownerReads(rowId: number): void {
    this.#atomic(() => {
      const date = this.#date();
      this.#change(rowId, { is_read: 1, date_read: date });
      this.#db
        .prepare<[bigint, number]>(
          `UPDATE chat SET last_read_message_timestamp = ?
           WHERE ROWID IN (SELECT chat_id FROM chat_message_join WHERE message_id = ?)`,
        )
        .run(date, rowId);
    });
  }

  groupEvent(event: GroupEvent): NewRow {
    return this.#atomic(() => {
      const guid = this.#uuid();
      const date = this.#date();
      const rowId = this.#insert('message', {
        ...commonColumns(this.#account, guid, 'iMessage', date),
        handle_id: event.by === null ? 0 : this.places.ensureHandle(event.by, 'iMessage'),
        is_from_me: event.by === null ? 1 : 0,
        is_finished: 1,
        is_sent: event.by === null ? 1 : 0,
        ...groupEventColumns(this.places, event),
      });
      this.#join(rowId, event.chat, date);
      settleGroupEvent(this.places, event);
      return { rowId, guid };
    });
  }

  /** Walks an attachment on: 0 waiting, 1 to 4 on the way, 5 on disk, 6 failed. */
  setTransferState(attachmentGuid: string, state: number): void {
    this.#db
      .prepare<[number, string]>('UPDATE attachment SET transfer_state = ? WHERE guid = ?')
      .run(state, attachmentGuid);
  }

  /** Guids of the row's attachments. */
  attachmentsOf(rowId: number): readonly string[] {
    return this.#rowOf(rowId).attachments;
  }

  /** Deletes the row for good, as clearing Recently Deleted does. */
  remove(rowId: number): void {
    this.#atomic(() => this.#db.prepare<[number]>('DELETE FROM message WHERE ROWID = ?').run(rowId));
  }

  /** Its join moves to the other table and the row stays for 30 days; before macOS 13 it is gone at once. */
  moveToRecentlyDeleted(rowId: number): void {
    if (!isSince(this.#era, 13)) {
      this.remove(rowId);
      return;
    }
    this.#atomic(() => moveJoin(this.#db, rowId, this.#date()));
  }

  /** Runs several writes as one transaction: one commit, one frame group in the WAL. */
  together<T>(work: () => T): T {
    return this.#atomic(work);
  }

  #insertMessage(message: NewMessage, columns: Readonly<Record<string, Cell>>): NewRow {
    const guid = this.#uuid();
    const service = message.service ?? 'iMessage';
    const date = message.date === undefined ? this.#date() : appleNanoseconds(message.date);
    const attachments = (message.attachments ?? []).map((attachment) => ({
      ...attachment,
      guid: attachment.guid ?? this.#uuid(),
    }));
    const written: Written = {
      chat: message.chat,
      isFromMe: columns['is_from_me'] === 1,
      service,
      attachments: attachments.map((attachment) => attachment.guid),
      revisions: [{ at: message.date ?? this.#now(), text: message.text }],
      retracted: [],
      date,
    };
    const body =
      message.body === 'late' ? {} : bodyColumns(this.#era, message.text, written.attachments, written);
    const rowId = this.#insert('message', {
      ...commonColumns(this.#account, guid, service, date),
      ...body,
      part_count: bodyParts(message.text, written.attachments).length,
      message_summary_info: encodeSummary({ isFromMe: written.isFromMe }),
      thread_originator_guid: message.replyTo ?? null,
      thread_originator_part: message.replyTo === undefined ? null : '0:0:1',
      ...columns,
      ...message.columns,
    });
    this.#memory.set(guid, written);
    if (message.join !== 'late') {
      this.#join(rowId, message.chat, date);
    }
    for (const attachment of attachments) {
      insertAttachment(this.#insert, attachment, { isOutgoing: written.isFromMe, at: this.#now() });
      if (message.attachmentJoin !== 'late') {
        joinAttachments(this.#db, rowId, [attachment.guid]);
      }
    }
    return { rowId, guid };
  }

  #join(rowId: number, chat: ChatPlace, date: bigint): void {
    this.#insert('chat_message_join', { chat_id: chat.rowId, message_id: rowId, message_date: date });
  }

  #textOf(guid: string): string {
    return this.#memory.get(guid)?.revisions.at(-1)?.text ?? '';
  }

  #rowOf(rowId: number): Written {
    const row = this.#db
      .prepare<[number], { guid: string }>('SELECT guid FROM message WHERE ROWID = ?')
      .get(rowId);
    const written = row === undefined ? undefined : this.#memory.get(row.guid);
    if (written === undefined) {
      throw new BluelineError(
        'simulator_row_unknown',
        'That row was not written by this simulator, so it does not know what to change.',
      );
    }
    return written;
  }

  #atomic<T>(work: () => T): T {
    return this.#db.transaction(work)();
  }
}
