import { rowId, type RowId } from '../domain/index.ts';
import type { createMessageEncoder } from '../contract/mapping.ts';
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

/** What a thread is given. Its lines go into `room`, which comes back with them: memory is taken once. */
export interface StretchOrder extends Stretch {
  readonly room: Uint8Array<ArrayBuffer>;
}

export interface StretchLines {
  readonly index: number;
  /** The lines, as UTF-8, in pieces. The first lies in the room that was given. */
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

/** Bytes: the lines of a stretch, unless its texts are uncommonly long. */
export const ROOM_BYTES = 384 * 1024;

/** One short read each: what a thread has in its heap at a time. */
const ROWS_PER_READ = 100;

/** The wanted messages of a stretch, one a line. */
export function linesOf(
  db: Pick<MessagesDb, 'exportRows'>,
  criteria: Criteria,
  encode: ReturnType<typeof createMessageEncoder>,
  stretch: StretchOrder,
): { readonly pieces: readonly Uint8Array<ArrayBuffer>[]; readonly count: number } {
  const { since, until, chats } = criteria;
  const [chat = null, ...more] = chats ?? [];
  const range = { since, until, chat: more.length === 0 ? chat : null };
  const pieces = new Pieces(stretch.room);
  let count = 0;
  let after: RowId | null = stretch.after;
  while (after !== null && after < stretch.upTo) {
    const limit = Math.min(ROWS_PER_READ, stretch.upTo - after);
    const { messages, next } = db.exportRows({ ...range, after, limit });
    for (const message of messages) {
      // A gap in the ROWIDs lets a read reach beyond the stretch; those rows are the next one's.
      if (message.rowId <= stretch.upTo && (criteria.isEverything || criteria.includes(message))) {
        // No journal is at hand: such a message was synced when it was sent, and nobody knows which device sent it.
        pieces.add(`${encode(message, { origin: null, syncedAt: message.sentAt })}\n`);
        count += 1;
      }
    }
    after = next;
  }
  return { pieces: pieces.all(), count };
}

/** Bytes of UTF-8 that a unit of UTF-16 takes at most. */
const MOST_BYTES = 3;

/**
 * Text as bytes: in the room that there is, and what may not fit in pieces of its own. They lie outside of the thread's
 * heap, which is small: long texts must not gather in it. Line by line, because one emoji makes twice as much work of
 * every letter that it is joined with.
 */
class Pieces {
  readonly #room: Buffer<ArrayBuffer>;
  readonly #more: Uint8Array<ArrayBuffer>[] = [];
  #filled = 0;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) {
    this.#room = Buffer.from(buffer, byteOffset, byteLength);
  }

  add(text: string): void {
    if (this.#more.length === 0 && text.length * MOST_BYTES <= this.#room.length - this.#filled) {
      this.#filled += this.#room.write(text, this.#filled);
    } else {
      this.#more.push(new TextEncoder().encode(text));
    }
  }

  all(): readonly Uint8Array<ArrayBuffer>[] {
    return [this.#room.subarray(0, this.#filled), ...this.#more];
  }
}

/** The ROWIDs from 1 to `last` in stretches of equal width. */
export function* stretches(last: RowId, width: number): Generator<Stretch> {
  for (let after = 0, index = 0; after < last; after += width, index += 1) {
    yield { index, after: rowId(after), upTo: rowId(Math.min(last, after + width)) };
  }
}
