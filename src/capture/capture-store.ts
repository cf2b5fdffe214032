import { instant, messageGuid, rowId, type MessageGuid, type RowId } from '../domain/index.ts';
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
  saveRow(id: RowId, guid: MessageGuid, state: RowState): void;
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
  const upsertRow = db.prepare<[number, string, string]>(
    'INSERT OR REPLACE INTO capture_rows (row_id, guid, state) VALUES (?, ?, ?)',
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
    saveRow: (id, guid, state) => void upsertRow.run(id, guid, encodeRowState(state)),
    deleteRow: (id) => void deleteRow.run(id),
    deleteAllRows: () => void deleteAllRows.run(),
  };
}
