import { z } from 'zod';
import { instant, messageGuid, rowId, type Instant, type MessageGuid, type RowId } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import { GUID_CHUNK_ROWS, guidIn, guidsAmong, mergedGuids } from './guid-chunks.ts';
import { CHUNK_ROWS, mergedPrints, type PrintChunk, type StoredPrints } from './prints.ts';
import type { Cursor, GuidChunk, PendingRow } from './protocol.ts';
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
  /** Which of these rows have been told, of this database or of one before it, or are history of this one. */
  knownGuids(guids: readonly MessageGuid[]): ReadonlySet<MessageGuid>;
  /** Of a row from before the first start. */
  historyGuid(id: RowId): MessageGuid | null;
  saveGuids(chunks: readonly GuidChunk[]): void;
  /** All of them, a part at a time. */
  prints(): Generator<StoredPrints>;
  savePrints(chunks: readonly PrintChunk[]): void;
  /** ROWIDs mean nothing in another database. Guids do: one that was replaced may come back. */
  forgetRows(now: Instant): void;
}

/** Guids of another database are kept so long, ms. */
const FORMER_MS = 30 * 86_400_000;

/** Chunks read at a time: half a megabyte. */
const PRINTS_PAGE = 1_024;

const cursorSchema = z.object({
  rowId: z.int().transform(rowId),
  rowGuid: z.string().transform(messageGuid).nullable(),
  toldUpTo: z.number().transform(instant),
  chatRowId: z.int(),
  chatJoin: z.int(),
  attachmentJoin: z.int(),
  historyFiles: z.int(),
  databaseId: z.string().nullable(),
});

/** Stored chunks one after the other; a copy, as a blob may begin anywhere and numbers may not. */
function printsIn(blobs: readonly Buffer[]): Float64Array {
  const size = CHUNK_ROWS * Float64Array.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(blobs.length * size);
  for (const [index, blob] of blobs.entries()) {
    bytes.set(blob.subarray(0, size), index * size);
  }
  return new Float64Array(bytes.buffer);
}

export function createCaptureStore(store: Store): CaptureStore {
  const { db } = store;
  const selectCursor = db.prepare<[], { body: string }>('SELECT body FROM capture_cursor WHERE id = 1');
  const upsertCursor = db.prepare<[string]>('INSERT OR REPLACE INTO capture_cursor (id, body) VALUES (1, ?)');
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
  const selectKnown = db
    .prepare<[string], string>(
      `WITH wanted AS (SELECT value FROM json_each(?))
       SELECT guid FROM capture_rows WHERE guid IN wanted
       UNION SELECT guid FROM capture_former_guids WHERE guid IN wanted`,
    )
    .pluck();
  const keepGuids = db.prepare<[number]>(
    `INSERT OR REPLACE INTO capture_former_guids (guid, told_at)
     SELECT guid, COALESCE(told_at, ?) FROM capture_rows`,
  );
  const dropGuids = db.prepare<[number]>('DELETE FROM capture_former_guids WHERE told_at < ?');
  const selectGuids = db.prepare<[number], Buffer>('SELECT guids FROM capture_guids WHERE chunk = ?').pluck();
  const selectAllGuids = db.prepare<[], Buffer>('SELECT guids FROM capture_guids').pluck();
  const upsertGuids = db.prepare<[number, Uint8Array]>(
    'INSERT OR REPLACE INTO capture_guids (chunk, guids) VALUES (?, ?)',
  );
  const selectPrints = db.prepare<[string, number, number], { chunk: number; prints: Buffer }>(
    'SELECT chunk, prints FROM capture_prints WHERE source = ? AND chunk > ? ORDER BY chunk LIMIT +?',
  );
  const selectChunk = db
    .prepare<[string, number], Buffer>('SELECT prints FROM capture_prints WHERE source = ? AND chunk = ?')
    .pluck();
  const upsertPrints = db.prepare<[string, number, Buffer]>(
    'INSERT OR REPLACE INTO capture_prints (source, chunk, prints) VALUES (?, ?, ?)',
  );

  return {
    cursor: () => {
      const row = selectCursor.get();
      return row === undefined ? null : cursorSchema.parse(JSON.parse(row.body));
    },
    saveCursor: (cursor) => void upsertCursor.run(JSON.stringify(cursor)),
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
    knownGuids: (guids) => {
      if (guids.length === 0) {
        return new Set();
      }
      const known = new Set(selectKnown.all(JSON.stringify(guids)).map(messageGuid));
      const others = guids.filter((guid) => !known.has(guid));
      return new Set([...known, ...guidsAmong(selectAllGuids.iterate(), others)]);
    },
    historyGuid: (id) => {
      const guids = selectGuids.get(Math.floor(id / GUID_CHUNK_ROWS));
      return guids === undefined ? null : guidIn(guids, id);
    },
    saveGuids: (chunks) => {
      for (const { chunk, guids } of chunks) {
        upsertGuids.run(chunk, mergedGuids(selectGuids.get(chunk) ?? null, guids));
      }
    },
    prints: function* () {
      for (const table of ['message', 'attachment'] as const) {
        let after = -1;
        for (;;) {
          const rows = selectPrints.all(table, after, PRINTS_PAGE);
          if (rows.length === 0) {
            break;
          }
          after = rows.at(-1)?.chunk ?? after;
          yield {
            table,
            chunks: rows.map((row) => row.chunk),
            prints: printsIn(rows.map((row) => row.prints)),
          };
        }
      }
    },
    savePrints: (chunks) => {
      for (const { table, chunk, prints } of chunks) {
        const known = prints.some(Number.isNaN) ? selectChunk.get(table, chunk) : undefined;
        const whole = mergedPrints(known === undefined ? null : printsIn([known]), prints);
        upsertPrints.run(table, chunk, Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength));
      }
    },
    forgetRows: (now) => {
      keepGuids.run(now);
      dropGuids.run(now - FORMER_MS);
      for (const table of ['capture_rows', 'capture_prints', 'capture_guids']) {
        db.exec(`DELETE FROM ${table}`);
      }
    },
  };
}
