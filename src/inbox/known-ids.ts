import { setImmediate as turn } from 'node:timers/promises';
import { fileId, messageId } from '../contract/index.ts';
import { messageGuid, rowId } from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Rows read at a time; other work runs between. */
const SLICE = 5_000;
const LOG_EVERY_ROWS = 100_000;

/** Which rows of chat.db the public ids of messages and files stand for. */
export interface KnownIds {
  /** The guid that `id` is the hash of; `null` if no row has it. */
  find(kind: IdKind, id: string): Promise<string | null>;
}

type IdKind = 'message' | 'file';

type IdColumns = Pick<MessagesDb, 'databaseId' | 'messageGuids' | 'attachmentGuids'>;

interface Row {
  readonly rowId: number;
  readonly guid: string;
}

interface Kind {
  readonly idOf: (guid: string) => string;
  /** Rows past `after`, ascending. */
  readonly read: (db: IdColumns, after: number, limit: number) => readonly Row[];
}

const KINDS: Readonly<Record<IdKind, Kind>> = {
  message: {
    idOf: (guid) => messageId(messageGuid(guid)),
    read: (db, after, limit) => db.messageGuids(rowId(after), limit),
  },
  file: {
    idOf: fileId,
    read: (db, after, limit) => db.attachmentGuids(after, limit),
  },
};

/**
 * Ids are hashes, so they cannot be read backwards: a table in our store maps each to the row that had it. It is
 * filled on the first need, by ROWID, and from then on only with what is new, so that a request for an id that does not
 * exist costs one look past the end. Row numbers are hints: what stands there is hashed again, and the table is filled
 * anew when they no longer fit (Messages renumbers its rows when it rebuilds its database).
 */
export function createKnownIds(options: {
  readonly store: Store;
  readonly source: { use<T>(read: (db: IdColumns) => T): T };
  readonly log: Logger;
}): KnownIds {
  const { source, log } = options;
  let prepared: Table | null = null;
  const table = () => (prepared ??= prepareTable(options.store));
  const running = new Map<IdKind, Promise<void>>();

  const rowAt = (kind: IdKind, id: number): Row | null => {
    const [row] = source.use((db) => KINDS[kind].read(db, id - 1, 1));
    return row?.rowId === id ? row : null;
  };

  const look = (kind: IdKind, id: string): { readonly guid: string | null; readonly isMoved: boolean } => {
    const known = table().rowOf(id);
    if (known === null) {
      return { guid: null, isMoved: false };
    }
    const row = rowAt(kind, known);
    if (row !== null && KINDS[kind].idOf(row.guid) === id) {
      return { guid: row.guid, isMoved: false };
    }
    table().forget(id);
    // No row there: it was deleted. Another one: rows have been numbered anew.
    return { guid: null, isMoved: row !== null };
  };

  const startOf = (kind: IdKind, databaseId: string | null): number => {
    const scan = table().scan(kind);
    if (scan === null || scan.databaseId !== databaseId) {
      return 0;
    }
    const row = rowAt(kind, scan.rowId);
    return row === null || row.guid === scan.rowGuid ? scan.rowId : 0;
  };

  const fill = async (kind: IdKind): Promise<void> => {
    const databaseId = source.use((db) => db.databaseId());
    let after = startOf(kind, databaseId);
    let read = 0;
    for (;;) {
      const rows = source.use((db) => KINDS[kind].read(db, after, SLICE));
      const last = rows.at(-1);
      if (last === undefined) {
        break;
      }
      const entries = rows.map((row): readonly [string, number] => [KINDS[kind].idOf(row.guid), row.rowId]);
      options.store.transaction(() => {
        table().add(entries);
        table().saveScan(kind, { rowId: last.rowId, rowGuid: last.guid, databaseId });
      });
      after = last.rowId;
      read += rows.length;
      if (read % LOG_EVERY_ROWS === 0) {
        log.info({ kind, rows: read }, 'Ids are being indexed');
      }
      if (rows.length < SLICE) {
        break;
      }
      await turn();
    }
    if (read >= SLICE) {
      log.info({ kind, rows: read }, 'Ids have been indexed');
    }
  };

  /** One at a time for each kind. Who waited for another's still looks past its end: a row may have come meanwhile. */
  const fillNext = async (kind: IdKind): Promise<void> => {
    const before = running.get(kind);
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(() => fill(kind));
    running.set(kind, mine);
    try {
      await mine;
    } finally {
      if (running.get(kind) === mine) {
        running.delete(kind);
      }
    }
  };

  return {
    find: async (kind, id) => {
      const first = look(kind, id);
      if (first.guid !== null) {
        return first.guid;
      }
      if (first.isMoved) {
        table().dropScan(kind);
      }
      await fillNext(kind);
      return look(kind, id).guid;
    },
  };
}

interface Scan {
  readonly rowId: number;
  /** Guid of the last row that was read: tells whether it is still the same row. */
  readonly rowGuid: string | null;
  readonly databaseId: string | null;
}

interface Table {
  rowOf(id: string): number | null;
  forget(id: string): void;
  add(entries: readonly (readonly [id: string, rowId: number])[]): void;
  scan(kind: IdKind): Scan | null;
  saveScan(kind: IdKind, scan: Scan): void;
  dropScan(kind: IdKind): void;
}

function prepareTable({ db }: Store): Table {
  const select = db.prepare<[string], { row_id: number }>('SELECT row_id FROM known_ids WHERE id = ?');
  const remove = db.prepare<[string]>('DELETE FROM known_ids WHERE id = ?');
  const upsert = db.prepare<[string, number]>('INSERT OR REPLACE INTO known_ids (id, row_id) VALUES (?, ?)');
  const selectScan = db.prepare<
    [string],
    { row_id: number; row_guid: string | null; database_id: string | null }
  >('SELECT row_id, row_guid, database_id FROM known_ids_scans WHERE kind = ?');
  const upsertScan = db.prepare<[string, number, string | null, string | null]>(
    'INSERT OR REPLACE INTO known_ids_scans (kind, row_id, row_guid, database_id) VALUES (?, ?, ?, ?)',
  );
  const deleteScan = db.prepare<[string]>('DELETE FROM known_ids_scans WHERE kind = ?');
  return {
    rowOf: (id) => select.get(id)?.row_id ?? null,
    forget: (id) => void remove.run(id),
    add: (entries) => {
      // In the order of the table: neighbours fall on the same pages.
      for (const [id, row] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        upsert.run(id, row);
      }
    },
    scan: (kind) => {
      const row = selectScan.get(kind);
      return row === undefined
        ? null
        : { rowId: row.row_id, rowGuid: row.row_guid, databaseId: row.database_id };
    },
    saveScan: (kind, scan) => void upsertScan.run(kind, scan.rowId, scan.rowGuid, scan.databaseId),
    dropScan: (kind) => void deleteScan.run(kind),
  };
}
