import { bigEndian } from './bytes.ts';
import { addWords, type Checksum } from './checksum.ts';
import { FRAME_HEADER_WORDS, type WalHeader } from './format.ts';
import type { FrameReader } from './frame-reader.ts';
import { Lost } from './lost.ts';
import { PageIndex } from './page-index.ts';

const INDEX_LEAF = 10;
const INDEX_INTERIOR = 2;

/** What a run of verified frames holds. */
export interface Run {
  /** The last frame. */
  readonly upTo: number;
  /** How many frames are marked as the end of a commit. */
  readonly marks: number;
  /**
   * The same without repeats: on some disks SQLite repeats a commit's last frame up to the end of the sector. Two real
   * commits may look the same, so the true number lies between the two.
   */
  readonly commits: number;
}

/**
 * The frames of one generation of the WAL (from one reset to the next): which page each holds and the checksum after
 * it, 13 bytes a frame, but no page. An image that is needed later is read again and verified again.
 */
export class FrameLog {
  readonly #reader: FrameReader;
  #header: WalHeader | null = null;
  #pages = new Uint32Array(64);
  #firstBytes = new Uint8Array(64);
  #sums = new Int32Array(128);
  #turn = -1;
  #verified = 0;
  /** Frames that count: verified, and in `newest`. */
  frames = 0;
  /** Page → its last frame. Pages of indexes are left out where they have no older frame. */
  readonly newest = new PageIndex();

  constructor(reader: FrameReader) {
    this.#reader = reader;
  }

  get header(): WalHeader | null {
    return this.#header;
  }

  start(header: WalHeader | null): void {
    this.#header = header;
    this.frames = 0;
    this.#verified = 0;
    this.#turn = -1;
    this.newest.clear();
    this.#resize(64);
  }

  page(frame: number): number {
    return this.#pages[frame - 1] ?? 0;
  }

  isNewest(frame: number): boolean {
    return this.newest.get(this.page(frame)) === frame;
  }

  hasSum(frame: number, s0: number, s1: number): boolean {
    return this.#s0(frame) === s0 && this.#s1(frame) === s1;
  }

  /**
   * Verifies the frames behind `frames`, up to `last` or to the end of commit number `commits`, whichever comes first;
   * `null` if one does not belong to this generation or to this chain. They count once they are accepted.
   */
  verify(last: number, commits = Infinity): Run | null {
    const header = this.#header;
    if (header === null) {
      return null;
    }
    const reader = this.#reader;
    const sum: Checksum = { s0: this.#s0(this.frames), s1: this.#s1(this.frames) };
    const run = { upTo: this.frames, marks: 0, commits: 0 };
    let repeatable = 0;
    while (run.upTo < last && run.commits < commits) {
      const count = reader.read(run.upTo + 1, last, header.pageSize);
      this.#turn = reader.turn;
      for (let index = 0; index < count && run.commits < commits; index += 1) {
        const frame = run.upTo + 1;
        const page = this.#check(reader.words, index * reader.frameWords, sum);
        if (page === 0) {
          return null;
        }
        this.#store(frame, page, reader.firstByte(frame), sum);
        run.upTo = frame;
        const isMark = reader.words[index * reader.frameWords + 1] !== 0;
        run.marks += Number(isMark);
        run.commits += Number(isMark && !(repeatable === page && this.#isRepeat(frame)));
        repeatable = isMark ? page : 0;
      }
      if (count === 0) {
        return null;
      }
    }
    this.#verified = run.upTo;
    return run;
  }

  /** The frames up to this one count from now on. */
  accept(last: number): void {
    for (let frame = this.frames + 1; frame <= last; frame += 1) {
      const page = this.page(frame);
      const type = this.#firstBytes[frame - 1];
      // Dropping these halves the work of a large transaction. A page that was something else before must be told.
      if ((type !== INDEX_LEAF && type !== INDEX_INTERIOR) || this.newest.get(page) !== 0) {
        this.newest.set(page, frame);
      }
    }
    this.frames = last;
  }

  /** The page of a frame that counts; valid until the next image or look. @throws Lost when it has been overwritten. */
  image(frame: number): Uint8Array {
    const header = this.#header;
    const reader = this.#reader;
    if (header === null) {
      throw new Lost('overwritten');
    }
    const isHeld = reader.turn === this.#turn && frame >= reader.first && frame < reader.first + reader.count;
    if (isHeld && frame <= this.#verified) {
      return reader.page(frame);
    }
    const sum: Checksum = { s0: this.#s0(frame - 1), s1: this.#s1(frame - 1) };
    const isThere =
      reader.readSingle(frame, header.pageSize) &&
      this.#check(reader.singleWords, 0, sum) === this.page(frame) &&
      this.hasSum(frame, sum.s0, sum.s1);
    if (!isThere) {
      throw new Lost('overwritten');
    }
    return reader.singlePage();
  }

  /** The frame's page number, or 0 if it is not of this generation or breaks the chain; `sum` moves on. */
  #check(words: Int32Array, at: number, sum: Checksum): number {
    const header = this.#header;
    if (
      header === null ||
      bigEndian(words[at + 2] ?? 0) !== header.salt1 ||
      bigEndian(words[at + 3] ?? 0) !== header.salt2
    ) {
      return 0;
    }
    addWords(sum, words, at, at + 2, header.isSwapped);
    const end = at + FRAME_HEADER_WORDS + header.pageSize / 4;
    addWords(sum, words, at + FRAME_HEADER_WORDS, end, header.isSwapped);
    const isChained =
      sum.s0 === (bigEndian(words[at + 4] ?? 0) | 0) && sum.s1 === (bigEndian(words[at + 5] ?? 0) | 0);
    return isChained ? bigEndian(words[at] ?? 0) : 0;
  }

  /** Whether the frame, just read, holds the same bytes as the one before. */
  #isRepeat(frame: number): boolean {
    const reader = this.#reader;
    const pageSize = this.#header?.pageSize ?? 0;
    const page = reader.page(frame);
    if (frame > reader.first) {
      return Buffer.compare(page, reader.page(frame - 1)) === 0;
    }
    return reader.readSingle(frame - 1, pageSize) && Buffer.compare(page, reader.singlePage()) === 0;
  }

  #store(frame: number, page: number, firstByte: number, sum: Checksum): void {
    if (frame > this.#pages.length) {
      this.#resize(this.#pages.length * 2);
    }
    this.#pages[frame - 1] = page;
    this.#firstBytes[frame - 1] = firstByte;
    this.#sums[2 * frame - 2] = sum.s0;
    this.#sums[2 * frame - 1] = sum.s1;
  }

  #s0(frame: number): number {
    return frame === 0 ? (this.#header?.s0 ?? 0) : (this.#sums[2 * frame - 2] ?? 0);
  }

  #s1(frame: number): number {
    return frame === 0 ? (this.#header?.s1 ?? 0) : (this.#sums[2 * frame - 1] ?? 0);
  }

  #resize(capacity: number): void {
    if (capacity === this.#pages.length) {
      return;
    }
    const kept = Math.min(capacity, this.#pages.length);
    const pages = new Uint32Array(capacity);
    const firstBytes = new Uint8Array(capacity);
    const sums = new Int32Array(2 * capacity);
    pages.set(this.#pages.subarray(0, kept));
    firstBytes.set(this.#firstBytes.subarray(0, kept));
    sums.set(this.#sums.subarray(0, 2 * kept));
    this.#pages = pages;
    this.#firstBytes = firstBytes;
    this.#sums = sums;
  }
}
