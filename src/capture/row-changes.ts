import { rowId, type Message } from '../domain/index.ts';
import {
  flagsOf,
  PRINT_FLAGS,
  type MessagesDb,
  type PrintedTable,
  type PrintQueries,
} from '../messages-db/index.ts';
import { beforeOf, compareRange, RECENTLY_DELETED, type Comparison, type Difference } from './compare.ts';
import { guidChunks } from './guid-chunks.ts';
import { JOINED_TABLES, NO_TABLES, type Hints, type JoinedTable } from './change-source.ts';
import { JoinTail } from './joins.ts';
import { Prints, type PrintChunk } from './prints.ts';
import type { Batch, ChangedRow, Cursor, DeletedRow } from './protocol.ts';
import type { Slice } from './reconcile.ts';
import { RangeQueue, rangesOf } from './row-ranges.ts';

/** Prints compared in one look, and rows read whole in one. Both keep the read far below 50 ms. */
const COMPARED_ROWS = 4_000;
const READ_ROWS = 400;
const ALL = 1_000_000;

type JoinCursor = Pick<Cursor, 'chatJoin' | 'attachmentJoin'>;

/** What is known of one row that must be read again. */
interface Asked {
  difference: Difference | null;
  /** Of its attachments. */
  readonly fileDifferences: Difference[];
  /** Guids of those that have come to the disk. */
  readonly files: Set<string>;
}

/**
 * Which of the told rows have changed, and what of them. Whatever hints at a row only puts it into a queue; what is in
 * the queue is compared with its print, and what differs is read.
 */
export class RowChanges {
  readonly prints: Readonly<Record<PrintedTable, Prints>> = {
    message: new Prints('message'),
    attachment: new Prints('attachment'),
  };
  readonly #queues: Readonly<Record<PrintedTable, RangeQueue>> = {
    message: new RangeQueue(),
    attachment: new RangeQueue(),
  };
  readonly #asked = new Map<number, Asked>();
  #chatJoins = new JoinTail('chat_message_join', 0);
  #attachmentJoins = new JoinTail('message_attachment_join', 0);
  /** As the database said last, and as every row since that has been read. */
  #recoverable = new Set<number>();
  #dueJoins: ReadonlySet<JoinedTable> = JOINED_TABLES;
  #storedJoins: JoinCursor = { chatJoin: 0, attachmentJoin: 0 };

  /** Where the join tables have been read up to. */
  follow(cursor: Cursor): void {
    this.#chatJoins = new JoinTail('chat_message_join', cursor.chatJoin);
    this.#attachmentJoins = new JoinTail('message_attachment_join', cursor.attachmentJoin);
    this.#dueJoins = JOINED_TABLES;
    this.#storedJoins = { chatJoin: cursor.chatJoin, attachmentJoin: cursor.attachmentJoin };
  }

  get isIdle(): boolean {
    return (
      this.#dueJoins.size === 0 &&
      this.#asked.size === 0 &&
      this.#queues.message.isEmpty &&
      this.#queues.attachment.isEmpty
    );
  }

  /** What has changed of the prints since the last call, for the store. */
  takePrints(): PrintChunk[] {
    return [...this.prints.message.takeDirty(), ...this.prints.attachment.takeDirty()];
  }

  /** Up to where all that the join tables say has been told. */
  joinCursor(): JoinCursor {
    if (this.#asked.size === 0) {
      this.#storedJoins = { chatJoin: this.#chatJoins.last, attachmentJoin: this.#attachmentJoins.last };
    }
    return this.#storedJoins;
  }

  isRecentlyDeleted(id: number): boolean {
    return this.#recoverable.has(id);
  }

  hint(hints: Hints): void {
    this.#queues.message.add(hints.message);
    this.#queues.attachment.add(hints.attachment);
    this.#dueJoins = hints.joins.size === 0 ? this.#dueJoins : this.#dueJoins.union(hints.joins);
  }

  /** What a slice of a comparison of everything found. Rows without a print are history that is only now taken note of. */
  takeSlice(
    db: MessagesDb,
    slice: Slice,
    known: { readonly isPending: (id: number) => boolean; readonly historyFiles: number },
  ): Pick<Batch, 'knownRows' | 'guids'> {
    // A file's row that came unnoticed, as the WAL was lost, is compared like one that changed.
    const isFile = slice.table === 'attachment';
    const changed = slice.different.filter(
      (one) => one.before !== 0 || (isFile && one.id > known.historyFiles),
    );
    this.#queues[slice.table].add(rangesOf([...changed.map((one) => one.id), ...slice.deleted]));
    const unknown = slice.different.filter((one) =>
      isFile
        ? one.id <= known.historyFiles && one.before === 0
        : one.before === 0 && !known.isPending(one.id),
    );
    const prints = this.prints[slice.table];
    for (const { id, now } of unknown) {
      prints.set(id, now);
    }
    if (isFile || unknown.length === 0) {
      return { knownRows: [], guids: [] };
    }
    const taken = new Set(unknown.map((one) => one.id));
    const guids = db
      .prints()
      .guids(slice.after, slice.upTo)
      .filter((row) => taken.has(row.rowId));
    const { chunks, others } = guidChunks(guids);
    const changedBefore = unknown.filter((one) => (flagsOf(one.now) & PRINT_FLAGS.changed) !== 0);
    const alone = db
      .prints()
      .unjoined(slice.after, slice.upTo)
      .filter((id) => taken.has(id));
    return {
      knownRows: read(db, [...new Set([...changedBefore.map((one) => one.id), ...others, ...alone])]),
      guids: chunks,
    };
  }

  /** Notes what the rows say that are told now. */
  told(
    db: MessagesDb,
    rows: readonly Message[],
    page: { readonly after: number; readonly upTo: number },
  ): void {
    const ids = new Set<number>(rows.map((row) => row.rowId));
    const inPage = db.prints().within('message', page.after, page.upTo, ALL);
    const elsewhere = rangesOf([...ids].filter((id) => id <= page.after));
    const others = elsewhere.flatMap((one) => db.prints().within('message', one.after, one.upTo, ALL));
    for (const row of rows) {
      this.#noteDeletion(row);
    }
    for (const [id, print] of [...inPage, ...others]) {
      if (ids.has(id)) {
        this.prints.message.set(id, print + (this.#recoverable.has(id) ? RECENTLY_DELETED : 0));
      }
    }
  }

  /** The next changes among the rows up to `upTo`, in one snapshot; what is too much for one stays for the next. */
  collect(
    db: MessagesDb,
    upTo: number,
    isPending: (id: number) => boolean,
  ): Pick<Batch, 'changedRows' | 'deletedRows'> {
    const queries = db.prints();
    this.#lookAtJoins(queries);
    this.#compareAttachments(queries);
    const deleted = this.#compareMessages(queries, upTo, isPending);
    return { changedRows: this.#read(db, upTo, isPending), deletedRows: deleted };
  }

  #lookAtJoins(queries: PrintQueries): void {
    const due = this.#dueJoins;
    this.#dueJoins = NO_TABLES;
    if (due.has('chat_message_join')) {
      const { joined, uncertain } = this.#chatJoins.look(queries);
      const ids = [...joined, ...uncertain];
      for (const id of ids) {
        this.#ask(id);
      }
      // A message that came back from Recently Deleted while nobody looked is known by its new join alone; its print
      // must say so too, or the next time it goes there would look like nothing.
      this.#queues.message.add(rangesOf(ids));
    }
    if (due.has('message_attachment_join')) {
      for (const id of this.#attachmentJoins.look(queries).joined) {
        this.#ask(id);
      }
    }
    if (due.has('chat_recoverable_message_join')) {
      this.#lookAtRecoverable(queries);
    }
  }

  #lookAtRecoverable(queries: PrintQueries): void {
    const recoverable = new Set(queries.recoverable());
    const moved = [
      ...[...recoverable].filter((id) => !this.#recoverable.has(id)),
      ...[...this.#recoverable].filter((id) => !recoverable.has(id)),
    ];
    this.#recoverable = recoverable;
    this.#queues.message.add(rangesOf(moved));
  }

  #compareAttachments(queries: PrintQueries): void {
    const prints = this.prints.attachment;
    const arrived: Difference[] = [];
    for (const { different, deleted } of this.#compared(queries, 'attachment', Infinity)) {
      for (const id of deleted) {
        prints.delete(id);
      }
      arrived.push(...different);
    }
    const isReady = (print: number) => (flagsOf(print) & PRINT_FLAGS.sent) !== 0;
    for (const one of arrived) {
      const messages = queries.messagesOf([one.id]);
      for (const { rowId: message, guid } of messages) {
        const asked = this.#ask(message);
        asked.fileDifferences.push(one);
        if (one.before !== 0 && !isReady(one.before) && isReady(one.now)) {
          asked.files.add(guid);
        }
      }
      if (messages.length === 0) {
        prints.set(one.id, one.now);
      }
    }
  }

  #compareMessages(queries: PrintQueries, upTo: number, isPending: (id: number) => boolean): DeletedRow[] {
    const prints = this.prints.message;
    const gone: DeletedRow[] = [];
    for (const { different, deleted } of this.#compared(queries, 'message', upTo)) {
      for (const id of deleted) {
        const print = prints.get(id);
        const wasPassing = (flagsOf(print) & PRINT_FLAGS.passing) !== 0 || print >= RECENTLY_DELETED;
        gone.push({ rowId: rowId(id), wasPassing });
        prints.delete(id);
        this.#asked.delete(id);
      }
      for (const one of different) {
        if (!isPending(one.id)) {
          const asked = this.#ask(one.id);
          asked.difference = { ...one, before: asked.difference?.before ?? one.before };
        }
      }
    }
    return gone;
  }

  *#compared(queries: PrintQueries, table: PrintedTable, upTo: number): Generator<Comparison> {
    const queue = this.#queues[table];
    let left = COMPARED_ROWS;
    while (left > 0 && this.#asked.size < READ_ROWS) {
      const range = queue.take();
      if (range === null) {
        return;
      }
      const capped = { after: range.after, upTo: Math.min(range.upTo, upTo) };
      if (capped.upTo <= capped.after) {
        continue;
      }
      const comparison = compareRange(queries, table, capped, {
        prints: this.prints[table],
        isRecentlyDeleted: (id) => table === 'message' && this.#recoverable.has(id),
        limit: left,
      });
      left -= Math.max(1, comparison.compared);
      yield comparison;
      queue.add(comparison.rest === null ? [] : [comparison.rest]);
    }
  }

  #read(db: MessagesDb, upTo: number, isPending: (id: number) => boolean): ChangedRow[] {
    const ids = [...this.#asked.keys()].filter((id) => id <= upTo && !isPending(id)).slice(0, READ_ROWS);
    const asked = new Map(ids.map((id) => [id, this.#asked.get(id)]));
    if (ids.length < READ_ROWS) {
      this.#asked.clear();
    } else {
      for (const id of ids) {
        this.#asked.delete(id);
      }
    }
    return read(db, ids).map((message) => {
      const one = asked.get(message.rowId);
      const print = this.prints.message.get(message.rowId);
      const { before, now: seen } = one?.difference ?? { before: print, now: print };
      this.#noteDeletion(message);
      // The table of Recently Deleted is read when it is hinted at: a row may say sooner that it came or went.
      const now = (seen % RECENTLY_DELETED) + (message.isRecentlyDeleted ? RECENTLY_DELETED : 0);
      // Not sooner: a print that is stored says that its row has been told.
      if (now !== print) {
        this.prints.message.set(message.rowId, now);
      }
      for (const file of one?.fileDifferences ?? []) {
        this.prints.attachment.set(file.id, file.now);
      }
      return { message, before: beforeOf(before, now), arrivedFiles: [...(one?.files ?? [])] };
    });
  }

  /** What is told of a row is what its next change is held against. */
  #noteDeletion({ rowId: id, isRecentlyDeleted }: Message): void {
    if (isRecentlyDeleted) {
      this.#recoverable.add(id);
    } else {
      this.#recoverable.delete(id);
    }
  }

  #ask(id: number): Asked {
    const known = this.#asked.get(id);
    if (known !== undefined) {
      return known;
    }
    const asked: Asked = { difference: null, fileDifferences: [], files: new Set() };
    this.#asked.set(id, asked);
    return asked;
  }
}

function read(db: MessagesDb, ids: readonly number[]): Message[] {
  return db.readRows(ids.map((id) => rowId(id))).map((row) => row.message);
}
