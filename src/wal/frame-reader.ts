import { FRAME_HEADER_SIZE, frameOffset } from './format.ts';
import type { WalFile } from './wal-file.ts';

/** How much of the WAL is held at once. Smaller batches are served from here, larger ones are read a second time. */
const CHUNK_BYTES = 1 << 20;

/** Reads runs of frames into one kept buffer. */
export class FrameReader {
  readonly #file: WalFile;
  #pageSize = 0;
  #buffer = new Uint8Array(0);
  #single = new Uint8Array(0);
  singleWords = new Int32Array(0);
  words = new Int32Array(0);
  /** The frames that the buffer holds. */
  first = 0;
  count = 0;
  /** Goes up whenever the buffer's content is replaced. */
  turn = 0;

  constructor(file: WalFile) {
    this.#file = file;
  }

  get frameWords(): number {
    return (this.#pageSize + FRAME_HEADER_SIZE) / 4;
  }

  get frameSize(): number {
    return this.#pageSize + FRAME_HEADER_SIZE;
  }

  /** Frames `first` to `last`, or as many of them as fit and are there. @returns how many */
  read(first: number, last: number, pageSize: number): number {
    this.#fit(pageSize);
    const wanted = Math.min((last - first + 1) * this.frameSize, this.#buffer.length);
    const read = this.#file.read(this.#buffer, 0, wanted, frameOffset(first, pageSize));
    this.first = first;
    this.count = Math.floor(read / this.frameSize);
    this.turn += 1;
    return this.count;
  }

  /** Reads one frame beside the run, which stays. @returns whether the whole of it is there */
  readSingle(frame: number, pageSize: number): boolean {
    this.#fit(pageSize);
    return this.#file.read(this.#single, 0, this.frameSize, frameOffset(frame, pageSize)) === this.frameSize;
  }

  /** The page of the frame that `readSingle` read; valid until the next one. */
  singlePage(): Uint8Array {
    return this.#single.subarray(FRAME_HEADER_SIZE);
  }

  /** The page in a frame that the buffer holds; valid until the next `read`. */
  page(frame: number): Uint8Array {
    const at = (frame - this.first) * this.frameSize + FRAME_HEADER_SIZE;
    return this.#buffer.subarray(at, at + this.#pageSize);
  }

  /** The first byte of that page. */
  firstByte(frame: number): number {
    return this.#buffer[(frame - this.first) * this.frameSize + FRAME_HEADER_SIZE] ?? 0;
  }

  #fit(pageSize: number): void {
    if (pageSize !== this.#pageSize) {
      this.#pageSize = pageSize;
      this.#buffer = new Uint8Array(Math.max(1, Math.floor(CHUNK_BYTES / this.frameSize)) * this.frameSize);
      this.words = new Int32Array(this.#buffer.buffer);
      this.#single = new Uint8Array(this.frameSize);
      this.singleWords = new Int32Array(this.#single.buffer);
      this.count = 0;
      this.turn += 1;
    }
  }
}
