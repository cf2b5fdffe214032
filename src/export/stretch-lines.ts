import { rowId, type RowId } from '../domain/index.ts';
import type { createMessageMapper } from '../contract/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Criteria, ExportFilter } from './criteria.ts';

/** What a thread needs to open the database for itself. */
export interface LinesTask {
  readonly path: string;
  readonly messagesFolder: string;
  readonly filter: ExportFilter;
}

/** The rows in (`after`, `upTo`]; `index` is its place in the order of the output. */
export interface Stretch {
  readonly index: number;
  readonly after: RowId;
  readonly upTo: RowId;
}

export interface StretchLines {
  readonly index: number;
  /** The lines, as UTF-8, in pieces. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  readonly count: number;
}

/** What a thread answers with. */
export type FromThread =
  | ({ readonly type: 'lines' } & StretchLines)
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly advice: string | null;
    };

/** A scan reads every page once: there is little to keep. */
export const SCAN_CACHE_KIB = 2_048;

/** Units of text that are gathered before they are encoded. */
const PIECE_LENGTH = 256 * 1024;
/** One short read each: a few milliseconds, and a megabyte or two in memory. */
const ROWS_PER_READ = 500;

/** The wanted messages of a stretch, one a line. */
export function linesOf(
  db: Pick<MessagesDb, 'exportRows'>,
  criteria: Criteria,
  toWire: ReturnType<typeof createMessageMapper>,
  stretch: Stretch,
): { readonly pieces: readonly Uint8Array<ArrayBuffer>[]; readonly count: number } {
  const { since, until, chats } = criteria;
  const [chat = null, ...more] = chats ?? [];
  const range = { since, until, chat: more.length === 0 ? chat : null };
  const encoder = new TextEncoder();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let text = '';
  let count = 0;
  let after: RowId | null = stretch.after;
  while (after !== null && after < stretch.upTo) {
    const limit = Math.min(ROWS_PER_READ, stretch.upTo - after);
    const { messages, next } = db.exportRows({ ...range, after, limit });
    for (const message of messages) {
      // A gap in the ROWIDs lets a read reach beyond the stretch; those rows are the next one's.
      if (message.rowId <= stretch.upTo && (criteria.isEverything || criteria.includes(message))) {
        // No journal is at hand: such a message was synced when it was sent, and nobody knows which device sent it.
        text += `${JSON.stringify(toWire(message, { origin: null, syncedAt: message.sentAt }))}\n`;
        count += 1;
        // Bytes lie outside of the thread's heap, which is small: long texts must not gather in it.
        if (text.length >= PIECE_LENGTH) {
          pieces.push(encoder.encode(text));
          text = '';
        }
      }
    }
    after = next;
  }
  return { pieces: text === '' ? pieces : [...pieces, encoder.encode(text)], count };
}

/** The ROWIDs from 1 to `last` in stretches of equal width. */
export function* stretches(last: RowId, width: number): Generator<Stretch> {
  for (let after = 0, index = 0; after < last; after += width, index += 1) {
    yield { index, after: rowId(after), upTo: rowId(Math.min(last, after + width)) };
  }
}
