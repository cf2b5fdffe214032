import type Database from 'better-sqlite3';
import type { Handle, Instant } from '../domain/index.ts';
import { appleTime, rawDate } from './apple-time.ts';
import { firstAddress } from './chat-of-row.ts';
import type { Columns } from './columns.ts';
import { integerOf, type SqlValue } from './sql-value.ts';

export interface LineUse {
  readonly handle: Handle;
  /** When a message was last sent from it; `null` where only a chat names it. */
  readonly lastUsedAt: Instant | null;
}

/** No index leads to the own address, so no more than these newest rows are looked at the first time. */
const FIRST_SCAN_ROWS = 50_000;
/** The address may be written after the row: the newest rows are looked at again. */
const OVERLAP_ROWS = 500;

/**
 * Own addresses, most recently used first: those that own rows were sent from, or where there is none those that
 * chats name. What has been looked at is remembered, so only the first call is more than a moment.
 */
export function lineQueries(db: Database.Database, columns: Columns): { lines(): LineUse[] } {
  const address = columns.expression('message', 'm', 'destination_caller_id');
  const date = columns.expression('message', 'm', 'date');
  const maxRowId = db.prepare<[], { id: SqlValue }>('SELECT MAX(ROWID) AS id FROM message');
  const used = db
    .prepare<[number], { address: SqlValue; last: SqlValue }>(
      `SELECT ${address} AS address, MAX(${date}) AS last FROM message m
       WHERE m.ROWID > ? AND +${columns.expression('message', 'm', 'is_from_me')} = 1 GROUP BY 1`,
    )
    .safeIntegers(true);
  const named = db.prepare<[], { handle: SqlValue; login: SqlValue }>(
    `SELECT DISTINCT ${columns.selected('chat', 'c', 'last_addressed_handle', 'handle')},
       ${columns.selected('chat', 'c', 'account_login', 'login')} FROM chat c`,
  );
  const lastUse = new Map<Handle, bigint>();
  let scannedTo = 0;

  const scan = () => {
    const newest = integerOf(maxRowId.get()?.id ?? null);
    if (newest < scannedTo) {
      lastUse.clear();
      scannedTo = 0;
    }
    const from = scannedTo === 0 ? newest - FIRST_SCAN_ROWS : scannedTo - OVERLAP_ROWS;
    for (const row of used.all(Math.max(0, from))) {
      const handle = firstAddress(row.address);
      const last = rawDate(row.last) ?? 0n;
      if (handle !== null && last >= (lastUse.get(handle) ?? 0n)) {
        lastUse.set(handle, last);
      }
    }
    scannedTo = newest;
  };

  return {
    lines: () => {
      scan();
      if (lastUse.size > 0) {
        return [...lastUse]
          .sort(([, a], [, b]) => (a === b ? 0 : Number(a < b) * 2 - 1))
          .map(([handle, last]) => ({ handle, lastUsedAt: appleTime(last) }));
      }
      const handles = named.all().map((row) => firstAddress(row.handle, row.login));
      return [...new Set(handles.filter((handle) => handle !== null))].map((handle) => ({
        handle,
        lastUsedAt: null,
      }));
    },
  };
}
