import type { FrameLog } from './frame-log.ts';
import { Lost } from './lost.ts';

/** A run of frames in one log: those with `after < frame <= upTo`. */
interface Segment {
  readonly log: FrameLog;
  readonly after: number;
  readonly upTo: number;
}

/** What a batch tells of itself: the pages that were written, each once, as it was written last. */
export interface PageBatch {
  has(page: number): boolean;
  /** Valid until the next call. @throws Lost for a page that is not here, or whose frame was overwritten */
  image(page: number): Uint8Array;
  forEach(visit: (page: number) => void): void;
}

/**
 * The pages that a run of commits has written. It holds no image: small runs are still in the reader's buffer, and of
 * large ones each image is read again when it is asked for, and verified again.
 */
export class Batch implements PageBatch {
  /** The newest first. */
  readonly #segments: readonly Segment[];
  readonly commits: number;

  constructor(segments: readonly Segment[], commits: number) {
    this.#segments = segments;
    this.commits = commits;
  }

  get frames(): number {
    return this.#segments.reduce((frames, { after, upTo }) => frames + upTo - after, 0);
  }

  has(page: number): boolean {
    return this.#segments.some(({ log, after }) => log.newest.get(page) > after);
  }

  image(page: number): Uint8Array {
    for (const { log, after } of this.#segments) {
      const frame = log.newest.get(page);
      if (frame > after) {
        return log.image(frame);
      }
    }
    throw new Lost('unknown_page');
  }

  forEach(visit: (page: number) => void): void {
    const told: Segment[] = [];
    for (const segment of this.#segments) {
      const { log, after, upTo } = segment;
      for (let frame = after + 1; frame <= upTo; frame += 1) {
        const page = log.page(frame);
        if (log.isNewest(frame) && !told.some((newer) => newer.log.newest.get(page) > newer.after)) {
          visit(page);
        }
      }
      told.push(segment);
    }
  }
}
