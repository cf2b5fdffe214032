import { instant, messageGuid, rowId, type Instant, type MessageGuid, type RowId } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { Cursor, PendingRow } from './protocol.ts';
import { decodeRowState, encodeRowState, type RowState } from './row-state.ts';

/** What capture keeps in our store. Every write belongs in the transaction that appends the events. */
export interface CaptureStore {
  cursor(): Cursor | null;
  saveCursor(cursor: Cursor): void;
  pending(): PendingRow[];
  savePending(rows: readonly PendingRow[]): void;
  row(id: RowId): { readonly guid: MessageGuid; readonly state: RowState } | null;
  /** When the row was first journalled; `null` for one that is only known from before the first start. */
  toldAt(id: RowId, guid: MessageGuid): Instant | null;
  saveRow(id: RowId, guid: MessageGuid, state: RowState): void;
  /** The same, for a row that is journalled now. */
  saveToldRow(id: RowId, guid: MessageGuid, state: RowState, at: Instant): void;
  deleteRow(id: RowId): void;
  /** ROWIDs mean nothing in another database. */
  deleteAllRows(): void;
}

export function createCaptureStore(store: Store): CaptureStore {
  const { db } = store;
  const selectCursor = db.prepare<
    [],
    { row_id: number; row_guid: string | null; chat_row_id: number; database_id: string | null }
  >('SELECT row_id, row_guid, chat_row_id, database_id FROM capture_cursor WHERE id = 1');
  const upsertCursor = db.prepare<[number, string | null, number, string | null]>(
    'INSERT OR REPLACE INTO capture_cursor (id, row_id, row_guid, chat_row_id, database_id) VALUES (1, ?, ?, ?, ?)',
  );
  const selectPending = db.prepare<[], { row_id: number; since: number }>(
    'SELECT row_id, since FROM capture_pending',
  );
  const clearPending = db.prepare('DELETE FROM capture_pending');
  const insertPending = db.prepare<[number, number]>(
    'INSERT INTO capture_pending (row_id, since) VALUES (?, ?)',
  );
  const selectRow = db.prepare<[number], { guid: string; state: string }>(
    'SELECT guid, state FROM capture_rows WHERE row_id = ?',
  );
  const selectToldAt = db.prepare<[number, string], { told_at: number | null }>(
    'SELECT told_at FROM capture_rows WHERE row_id = ? AND guid = ?',
  );
  const upsertRow = db.prepare<[number, string, number | null, string]>(
    `INSERT INTO capture_rows (row_id, guid, told_at, state) VALUES (?, ?, ?, ?)
     ON CONFLICT (row_id) DO UPDATE SET guid = excluded.guid, state = excluded.state,
       told_at = COALESCE(excluded.told_at, told_at)`,
  );
  const deleteRow = db.prepare<[number]>('DELETE FROM capture_rows WHERE row_id = ?');
  const deleteAllRows = db.prepare('DELETE FROM capture_rows');

  return {
    cursor: () => {
      const row = selectCursor.get();
      return row === undefined
        ? null
        : {
            rowId: rowId(row.row_id),
            rowGuid: row.row_guid === null ? null : messageGuid(row.row_guid),
            chatRowId: row.chat_row_id,
            databaseId: row.database_id,
          };
    },
    saveCursor: (cursor) =>
      void upsertCursor.run(cursor.rowId, cursor.rowGuid, cursor.chatRowId, cursor.databaseId),
    pending: () =>
      selectPending.all().map((row) => ({ rowId: rowId(row.row_id), since: instant(row.since) })),
    savePending: (rows) => {
      clearPending.run();
      for (const row of rows) {
        insertPending.run(row.rowId, row.since);
      }
    },
    row: (id) => {
      const row = selectRow.get(id);
      return row === undefined ? null : { guid: messageGuid(row.guid), state: decodeRowState(row.state) };
    },
    toldAt: (id, guid) => {
      const at = selectToldAt.get(id, guid)?.told_at ?? null;
      return at === null ? null : instant(at);
    },
    saveRow: (id, guid, state) => void upsertRow.run(id, guid, null, encodeRowState(state)),
    saveToldRow: (id, guid, state, at) => void upsertRow.run(id, guid, at, encodeRowState(state)),
    deleteRow: (id) => void deleteRow.run(id),
    deleteAllRows: () => void deleteAllRows.run(),
  };
}
