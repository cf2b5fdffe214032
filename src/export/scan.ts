import { rowId, type Message, type RowId } from '../domain/index.ts';
import type { ExportedRows, MessagesDb } from '../messages-db/index.ts';
import type { Criteria } from './criteria.ts';

/** The wanted messages among some consecutive rows. */
export interface Batch {
  readonly messages: readonly Message[];
  /** How much of the table has been read, from 0 to 1. */
  readonly position: number;
}

/** One short read each: a few milliseconds, and a megabyte or two in memory. */
const ROWS_PER_READ = 500;

/** All wanted messages by ROWID, the only order that needs no memory and is the same every time. */
export function* scan(
  db: Pick<MessagesDb, 'lastRowId' | 'exportRows'>,
  criteria: Criteria,
): Generator<Batch> {
  const last = Math.max(1, db.lastRowId());
  const { since, until, chats } = criteria;
  // The database can look for one chat itself; two spellings of an address are told apart here.
  const [chat = null, ...more] = chats ?? [];
  const range = { limit: ROWS_PER_READ, since, until, chat: more.length === 0 ? chat : null };
  let after: RowId | null = rowId(0);
  while (after !== null) {
    const { messages, next }: ExportedRows = db.exportRows({ ...range, after });
    const wanted = criteria.isEverything
      ? messages
      : messages.filter((message) => criteria.includes(message));
    yield { messages: wanted, position: next === null ? 1 : Math.min(1, next / last) };
    after = next;
  }
}
