import type Database from 'better-sqlite3';
import { rowId, type Message, type MessageGuid, type RowId } from '../domain/index.ts';
import { mimeTypeOf, shownName } from './attachment.ts';
import { attachmentPath } from './attachment-place.ts';
import { attachmentRows, type AttachmentRow } from './attachment-rows.ts';
import { BodyDecoder } from './body-decoder.ts';
import type { Columns } from './columns.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { messageRows, type MessageRows } from './message-rows.ts';
import { replays } from './replays.ts';
import { rowReferences } from './row-references.ts';
import { integerOf, textOf } from './sql-value.ts';
import { toReadMessage, type MessageReader, type ReadMessage } from './to-message.ts';

/** What a row of `attachment` says of its file. Nothing of it has been checked. */
export interface AttachmentFile {
  /** `~/Library/Messages` resolved, anything else as it stands; `null` where the row names no file. */
  readonly path: string | null;
  readonly filename: string | null;
  readonly mimeType: string | null;
  /** Bytes, as Messages states them. */
  readonly size: number;
  readonly transferState: number;
  /** The messages that it came with. */
  readonly messages: readonly RowId[];
}

/** Rows of `message`, read whole. */
export interface RowReader {
  readonly statements: MessageRows;
  read(rows: readonly MessageRow[]): ReadMessage[];
  byGuid(guid: MessageGuid): Message | null;
  reactionsTo(guid: MessageGuid): Message[];
  attachmentGuids(after: number, limit: number): { rowId: number; guid: string }[];
  attachmentFile(guid: string): AttachmentFile | null;
  /** To be called when the database may have changed. */
  forget(): void;
}

const NONE: readonly AttachmentRow[] = [];

export function rowReader(db: Database.Database, columns: Columns, messagesFolder: string): RowReader {
  const statements = messageRows(db, columns);
  const attachments = attachmentRows(db, columns);
  const references = rowReferences(db, columns);
  const base: Omit<MessageReader, 'replayOf'> = {
    bodies: new BodyDecoder(),
    messagesFolder,
    references,
    deletedAt: (id) => statements.deletedAt(id),
  };
  // A candidate is compared, not followed: what it replays itself is of no interest.
  const candidates: MessageReader = { ...base, replayOf: () => null };
  const search = replays(db, columns, (ids) =>
    readAll(statements.at(ids), candidates).map((one) => one.message),
  );
  const reader: MessageReader = { ...base, replayOf: (message) => search.replayOf(message) };

  const readAll = (rows: readonly MessageRow[], by: MessageReader): ReadMessage[] => {
    if (rows.length === 0) {
      return [];
    }
    const files = filesOf(rows);
    return rows.map((row) => toReadMessage(row, files.get(integerOf(row[AT.ROW_ID])) ?? NONE, by));
  };
  /** Neighbours by ROWID are found by their range, which costs less than a list. */
  const filesOf = (rows: readonly MessageRow[]): ReadonlyMap<number, readonly AttachmentRow[]> => {
    const first = integerOf(rows[0]?.[AT.ROW_ID] ?? null);
    const last = integerOf(rows.at(-1)?.[AT.ROW_ID] ?? null);
    return last - first < 4 * rows.length
      ? attachments.between(rowId(first), rowId(last))
      : attachments.of(rows.map((row) => rowId(integerOf(row[AT.ROW_ID]))));
  };
  const read = (rows: readonly MessageRow[]) => readAll(rows, reader);

  return {
    statements,
    read,
    byGuid: (guid) => {
      const id = statements.byGuid(guid);
      return id === null ? null : (read(statements.at([id]))[0]?.message ?? null);
    },
    reactionsTo: (guid) =>
      read(statements.at(statements.associatedWith(guid)))
        .map((one) => one.message)
        .filter((message) => message.kind.kind === 'reaction'),
    attachmentGuids: (after, limit) => attachments.guids(after, limit),
    attachmentFile: (guid) => {
      const found = attachments.byGuid(guid);
      if (found === null) {
        return null;
      }
      const { row, messages } = found;
      const stored = textOf(row.filename);
      return {
        path: stored === null ? null : attachmentPath(stored, messagesFolder),
        filename: shownName(row),
        mimeType: mimeTypeOf(row),
        size: Math.max(0, integerOf(row.total_bytes)),
        transferState: integerOf(row.transfer_state),
        messages,
      };
    },
    forget: () => references.forget(),
  };
}
