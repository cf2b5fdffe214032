import { parseDatabaseHeader, type DatabaseHeader } from './format.ts';
import { Lost } from './lost.ts';
import { pagesInFile, readPage } from './raw-files.ts';
import { MAX_PAGES, type Tail } from './tail.ts';

const HEADER_SIZE = 100;

/**
 * The pages of the database as of the tail's cursor, while a snapshot is held. The file and the frames up to the last
 * commit are then one consistent image: a checkpoint writes nothing to the file that is newer than the snapshot, and
 * the frames are laid over that. (A snapshot that needs no frame lets the WAL begin anew, but nothing be written to the
 * file.)
 */
export class DatabaseImage {
  readonly #fd: number;
  readonly #tail: Tail;
  #page = new Uint8Array(0);

  /** @param fd of the database file; it stays open as long as the process lives */
  constructor(fd: number, tail: Tail) {
    this.#fd = fd;
    this.#tail = tail;
  }

  /** Has to be read before any page, which it tells the size of. */
  readHeader(): DatabaseHeader {
    const head = Buffer.alloc(HEADER_SIZE);
    const frame = this.#tail.frameOf(1);
    if (frame === 0) {
      readPage(this.#fd, 1, head);
    } else {
      head.set(this.#tail.image(frame).subarray(0, HEADER_SIZE));
    }
    const header = parseDatabaseHeader(head);
    if (header === null) {
      throw new Lost('database_unreadable');
    }
    if (this.#tail.pageSize !== 0 && this.#tail.pageSize !== header.pageSize) {
      throw new Lost('page_size_changed');
    }
    this.#page = new Uint8Array(header.pageSize);
    return header;
  }

  /** How many pages there are. */
  count(): number {
    const pages = Math.max(this.#tail.cursor?.pages ?? 0, pagesInFile(this.#fd, this.#page.length));
    if (pages > MAX_PAGES) {
      throw new Lost('too_large');
    }
    return pages;
  }

  /** Valid until the next call. @throws Lost when it is not there, or was overwritten since the last look */
  readonly page = (page: number): Uint8Array => {
    const frame = this.#tail.frameOf(page);
    if (frame !== 0) {
      return this.#tail.image(frame);
    }
    readPage(this.#fd, page, this.#page);
    return this.#page;
  };
}
