import { readSync } from 'node:fs';
import { bigEndian } from './bytes.ts';
import { addWords } from './checksum.ts';

/** Two copies of the header, 48 bytes each. What follows (backfill, read marks, lock bytes) is not needed here. */
const COPY_WORDS = 12;
const SIZE = 2 * COPY_WORDS * 4;
const VERSION = 3_007_000;
/** A writer copies 48 bytes twice; whoever still sees two kinds after so many reads sees a writer that stands still. */
const READS = 50;

/** The committed state of the WAL, as SQLite tells its own readers. */
export interface WalState {
  /** Goes up by 1 with each commit, whatever becomes of the WAL; recovery sets it to 0. */
  readonly changes: number;
  /** The last frame that may be read; frames behind it are not committed, or not visible yet. */
  readonly frame: number;
  /** The database's size in pages; 0 while the WAL was never written to. */
  readonly pages: number;
  /** The checksum pair of `frame`. */
  readonly s0: number;
  readonly s1: number;
  readonly salt1: number;
  readonly salt2: number;
}

/**
 * The header of the wal-index (`-shm`), read with `read` and verified as SQLite does. Reading is one call into a kept
 * buffer, without any allocation: an idle look costs about 2 µs.
 */
export class WalIndexHeader {
  readonly #fd: number;
  readonly #bytes = new Uint8Array(SIZE);
  readonly #words = new Int32Array(this.#bytes.buffer);
  readonly #settled = new Int32Array(2 * COPY_WORDS);
  readonly #sum = { s0: 0, s1: 0 };
  torn = 0;

  /** @param fd of the `-shm` file; it stays open as long as the process lives */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Whether the header is another one than at the last `settle`. `torn`: a writer is just writing it, or died over it. */
  read(): 'same' | 'changed' | 'torn' | 'unreadable' {
    for (let attempt = 0; attempt < READS; attempt += 1) {
      const length = readSync(this.#fd, this.#bytes, 0, SIZE, 0);
      if (length < SIZE) {
        return 'unreadable';
      }
      if (this.#isSettled()) {
        return 'same';
      }
      if (this.#isValid()) {
        return 'changed';
      }
    }
    this.torn += 1;
    return 'torn';
  }

  /** What was read last: taken as known from now on. */
  settle(): void {
    this.#settled.set(this.#words);
  }

  /** Nothing is known any more: the next read of a valid header says `changed`. */
  unsettle(): void {
    this.#settled.fill(0);
  }

  state(): WalState {
    const word = (index: number) => this.#words[index] ?? 0;
    return {
      changes: word(2) >>> 0,
      frame: word(4) >>> 0,
      pages: word(5) >>> 0,
      s0: word(6),
      s1: word(7),
      salt1: bigEndian(word(8)),
      salt2: bigEndian(word(9)),
    };
  }

  #isSettled(): boolean {
    for (let index = 0; index < 2 * COPY_WORDS; index += 1) {
      if (this.#words[index] !== this.#settled[index]) {
        return false;
      }
    }
    return true;
  }

  #isValid(): boolean {
    for (let index = 0; index < COPY_WORDS; index += 1) {
      if (this.#words[index] !== this.#words[COPY_WORDS + index]) {
        return false;
      }
    }
    const sum = this.#sum;
    sum.s0 = 0;
    sum.s1 = 0;
    addWords(sum, this.#words, 0, 10, false);
    const isInitialised = (this.#bytes[12] ?? 0) !== 0;
    return (
      isInitialised && this.#words[0] === VERSION && sum.s0 === this.#words[10] && sum.s1 === this.#words[11]
    );
  }
}
