import { Batch } from './batch.ts';
import { bigEndian } from './bytes.ts';
import { FRAME_HEADER_SIZE, frameOffset, parseWalHeader, WAL_HEADER_SIZE, type WalHeader } from './format.ts';
import { FrameLog, type Run } from './frame-log.ts';
import { FrameReader } from './frame-reader.ts';
import { Lost, type LostReason } from './lost.ts';
import { WalFile } from './wal-file.ts';
import { WalIndexHeader, type WalState } from './wal-index.ts';

/**
 * How it is known that a batch holds every commit since the last look. `same_generation`: the chain of checksums goes
 * on. `reset_proved`: the WAL began anew, and the wal-index has counted no commit more than it holds now. `salvaged`:
 * the commits that are missing were still in the file, behind the new ones.
 */
export type Proof = 'same_generation' | 'reset_proved' | 'salvaged';

export type TailLook =
  | { readonly state: 'same' }
  | { readonly state: 'frames'; readonly batch: Batch; readonly proof: Proof }
  | { readonly state: 'lost'; readonly reason: LostReason };

const SAME: TailLook = { state: 'same' };
/** How often a look starts over because the WAL was reset under it. */
const ATTEMPTS = 6;
/**
 * How long the header may be found half written. A writer needs some ns for it, but on a busy machine it can be set
 * aside just then; after this it is taken for what a killed writer left, which only SQLite's own recovery mends.
 */
const MAX_TORN_MS = 1000;
/** Each reset adds 1 to salt-1; a WAL that was deleted begins with a random one. */
const MAX_RESETS = 4096;
/** Above this, page types cannot be told from the page numbers at the head of overflow pages. */
export const MAX_PAGES = 2 ** 25 - 1;

export interface TailOptions {
  readonly walPath: string;
  /** Of `-shm`, open for as long as the process lives. */
  readonly indexFd: number;
  /** Whether the `-shm` that has the name is still the one that is open. Asked at each reset. */
  isIndexCurrent(): boolean;
  /** A clock that never goes back. */
  nowMs(): number;
}

/**
 * Reads what was committed to a WAL since the last look, from outside. The cursor is a frame of one generation, known
 * by its salts, its checksum and the wal-index's count of commits. Never reads past the last committed frame.
 */
export class Tail {
  readonly #options: TailOptions;
  readonly #index: WalIndexHeader;
  readonly #file: WalFile;
  readonly #headerBytes = new Uint8Array(WAL_HEADER_SIZE);
  readonly #headerWords = new Int32Array(this.#headerBytes.buffer);
  #log: FrameLog;
  #spare: FrameLog;
  #cursor: WalState | null = null;
  #tornSinceMs: number | null = null;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#index = new WalIndexHeader(options.indexFd);
    this.#file = new WalFile(options.walPath);
    const reader = new FrameReader(this.#file);
    this.#log = new FrameLog(reader);
    this.#spare = new FrameLog(reader);
  }

  get tornHeaders(): number {
    return this.#index.torn;
  }

  /** The committed state that was read up to. */
  get cursor(): WalState | null {
    return this.#cursor;
  }

  /** The frame of this generation that holds the page as of the cursor; 0 if only the database file does. */
  frameOf(page: number): number {
    return this.#log.newest.get(page);
  }

  /** Of a frame that `frameOf` gave. @throws Lost if it was overwritten meanwhile */
  image(frame: number): Uint8Array {
    return this.#log.image(frame);
  }

  /** The page size of the WAL; 0 while it holds nothing. */
  get pageSize(): number {
    return this.#log.header?.pageSize ?? 0;
  }

  /** What is committed now, whether it was read or not; `null` while a writer is writing just that. */
  committed(): WalState | null {
    const seen = this.#index.read();
    return seen === 'same' || seen === 'changed' ? this.#index.state() : null;
  }

  /** Whether something was committed since the last look, or may be just now. */
  hasMovedOn(): boolean {
    return this.#index.read() !== 'same';
  }

  /**
   * What the file holds beyond what was read; `published` also where a look would say `lost`. A writer publishes a commit after it has written its frames, so that
   * after `unpublished` (frames behind the last committed one, or another generation begun) more is to come without
   * any further write; what it writes later is another write. An aborted transaction leaves frames behind that nobody
   * will publish: then this stays `unpublished`, which is harmless.
   */
  unread(): 'nothing' | 'unpublished' | 'published' {
    const cursor = this.#cursor;
    if (cursor === null || this.#index.read() !== 'same') {
      return 'published';
    }
    try {
      return this.#holdsNothingBeyond(cursor) ? 'nothing' : 'unpublished';
    } catch (error) {
      if (error instanceof Lost) {
        // The next look says so.
        return 'published';
      }
      throw error;
    }
  }

  #holdsNothingBeyond(cursor: WalState): boolean {
    const hasHeader = this.#file.read(this.#headerBytes, 0, WAL_HEADER_SIZE, 0) === WAL_HEADER_SIZE;
    if (!hasHeader || this.pageSize === 0) {
      return !hasHeader && cursor.frame === 0;
    }
    if (!this.#hasSalts(4, cursor)) {
      return false;
    }
    const next = frameOffset(cursor.frame + 1, this.pageSize);
    return (
      this.#file.read(this.#headerBytes, 0, FRAME_HEADER_SIZE, next) < FRAME_HEADER_SIZE ||
      !this.#hasSalts(2, cursor)
    );
  }

  /**
   * Moves the cursor to what is committed now, without any claim about what lies between. Frames that were verified
   * already are not read again.
   */
  restart(): void {
    this.#retry((state) => {
      const cursor = this.#cursor;
      const goesOn = cursor !== null && isSameGeneration(cursor, state) && state.frame >= this.#log.frames;
      if (goesOn && this.#tryRead(this.#log, state)) {
        this.#adopt(this.#log, state);
        return;
      }
      this.#spare.start(null);
      this.#read(this.#spare, state);
      this.#adopt(this.#spare, state);
    });
  }

  /** What was committed since the last look, and how that is proved. Never throws `Lost`. */
  look(): TailLook {
    const cursor = this.#cursor;
    if (cursor === null) {
      return { state: 'lost', reason: 'not_built' };
    }
    const seen = this.#index.read();
    if (seen === 'same') {
      this.#tornSinceMs = null;
      return SAME;
    }
    if (seen === 'torn') {
      const nowMs = this.#options.nowMs();
      this.#tornSinceMs ??= nowMs;
      return nowMs - this.#tornSinceMs < MAX_TORN_MS ? SAME : { state: 'lost', reason: 'index_torn' };
    }
    this.#tornSinceMs = null;
    try {
      return this.#retry((state) =>
        isSameGeneration(cursor, state) ? this.#goOn(cursor, state) : this.#crossReset(cursor, state),
      );
    } catch (error) {
      if (error instanceof Lost) {
        return { state: 'lost', reason: error.reason };
      }
      throw error;
    }
  }

  /** Does the work for the state that the wal-index tells; once more if that is another one when the work has failed. */
  #retry<T>(work: (state: WalState) => T): T {
    let failed: Lost | null = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const seen = this.#index.read();
      if (seen === 'torn' || seen === 'unreadable') {
        throw new Lost(seen === 'torn' ? 'index_torn' : 'index_unreadable');
      }
      const state = this.#index.state();
      if (state.pages > MAX_PAGES) {
        throw new Lost('too_large');
      }
      try {
        const done = work(state);
        this.#index.settle();
        return done;
      } catch (error) {
        if (!(error instanceof Lost) || error.reason !== 'wal_mismatch') {
          throw error;
        }
        failed = error;
        const now = this.#index.read();
        const hasMoved = now === 'torn' || !isSameState(this.#index.state(), state);
        if (!hasMoved && !this.#file.reopen()) {
          throw error;
        }
      }
    }
    throw new Lost('unstable', failed);
  }

  #goOn(cursor: WalState, state: WalState): TailLook {
    const log = this.#log;
    if (state.frame < cursor.frame) {
      throw new Lost('went_back');
    }
    const run = this.#read(log, state);
    const made = (state.changes - cursor.changes) >>> 0;
    if (made < run.commits || made > run.marks) {
      throw new Lost('commit_count');
    }
    this.#adopt(log, state);
    if (made === 0) {
      return SAME;
    }
    const batch = new Batch([{ log, after: cursor.frame, upTo: state.frame }], made);
    return { state: 'frames', batch, proof: 'same_generation' };
  }

  #crossReset(cursor: WalState, state: WalState): TailLook {
    if (!this.#options.isIndexCurrent()) {
      throw new Lost('replaced');
    }
    // A connection that has never checkpointed may draw new salts for a log that is empty.
    const resets = (state.salt1 - cursor.salt1) >>> 0;
    if ((resets === 0 || resets > MAX_RESETS) && cursor.frame > 0) {
      throw new Lost('new_generation');
    }
    const old = this.#log;
    const log = this.#spare;
    log.start(null);
    const run = this.#read(log, state);
    const made = (state.changes - cursor.changes) >>> 0;
    if (made < run.commits) {
      throw new Lost('commit_count');
    }
    const fresh = { log, after: 0, upTo: state.frame };
    const missing = made - run.commits;
    if (missing === 0) {
      this.#adopt(log, state);
      return { state: 'frames', batch: new Batch([fresh], made), proof: 'reset_proved' };
    }
    // Only one reset, or the commits of a whole generation may be among the missing ones; and the count must be exact.
    const isSalvageable = resets === 1 && state.frame <= cursor.frame && run.marks === run.commits;
    const tail = isSalvageable ? old.verify(Infinity, missing) : null;
    if (tail === null || tail.marks !== missing) {
      throw new Lost('commits_unseen');
    }
    old.accept(tail.upTo);
    this.#adopt(log, state);
    const batch = new Batch([fresh, { log: old, after: cursor.frame, upTo: tail.upTo }], made);
    return { state: 'frames', batch, proof: 'salvaged' };
  }

  /** Verifies the frames that the log does not have yet, up to the state's last, whose checksum must be the state's. */
  #read(log: FrameLog, state: WalState): Run {
    if (log.header === null && state.frame > 0) {
      log.start(this.#readHeader(state));
    }
    if (state.frame === log.frames) {
      return { upTo: log.frames, marks: 0, commits: 0 };
    }
    const run = log.verify(state.frame);
    if (run === null || !log.hasSum(state.frame, state.s0, state.s1)) {
      throw new Lost('wal_mismatch');
    }
    return run;
  }

  #tryRead(log: FrameLog, state: WalState): boolean {
    try {
      this.#read(log, state);
      return true;
    } catch (error) {
      if (error instanceof Lost) {
        return false;
      }
      throw error;
    }
  }

  #readHeader(state: WalState): WalHeader {
    const read = this.#file.read(this.#headerBytes, 0, WAL_HEADER_SIZE, 0);
    const header = read === WAL_HEADER_SIZE ? parseWalHeader(this.#headerWords) : null;
    if (header === null || header.salt1 !== state.salt1 || header.salt2 !== state.salt2) {
      throw new Lost('wal_mismatch');
    }
    return header;
  }

  /** Whether the head that was read last has the salts of that state, from word `at` on. */
  #hasSalts(at: number, { salt1, salt2 }: WalState): boolean {
    return (
      bigEndian(this.#headerWords[at] ?? 0) === salt1 && bigEndian(this.#headerWords[at + 1] ?? 0) === salt2
    );
  }

  #adopt(log: FrameLog, state: WalState): void {
    log.accept(state.frame);
    if (log !== this.#log) {
      this.#spare = this.#log;
      this.#log = log;
    }
    this.#cursor = state;
  }
}

function isSameGeneration(a: WalState, b: WalState): boolean {
  return a.salt1 === b.salt1 && a.salt2 === b.salt2;
}

export function isSameState(a: WalState, b: WalState): boolean {
  return isSameGeneration(a, b) && a.frame === b.frame && a.changes === b.changes;
}
