import { setImmediate as turn } from 'node:timers/promises';
import type { Instant } from '../domain/index.ts';
import {
  areStillThere,
  filesAt,
  openMessagesDb,
  type DatabaseFormat,
  type MessagesDb,
} from '../messages-db/index.ts';
import { errorCode, type Clock } from '../runtime/index.ts';
import type { ChangeSource, Hints, OpenSource } from './change-source.ts';
import { gapReason, presentOf } from './identity.ts';
import { PendingRows } from './pending-rows.ts';
import type { StoredPrints } from './prints.ts';
import type { Batch, Cursor, GapReason, PendingRow, ReaderFigures, ReaderStatus } from './protocol.ts';
import { Reconcile, type Slice } from './reconcile.ts';
import { RowChanges } from './row-changes.ts';
import { newsSince, toldUpTo } from './told-up-to.ts';

/** New rows read at a time. */
const PAGE = 400;
/** Rows dated after the last told one that are looked at in another database. */
const GAP_ROWS = 20_000;
const DAY_MS = 86_400_000;
/** A source that did not work is tried again after so long. */
const TRY_AGAIN_MS = 3_600_000;
/** What is read is mostly read once: the system's own cache is enough. */
const CACHE_KIB = 1_024;

export type Found = Omit<Batch, 'id'>;

export interface ReaderOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly cursor: Cursor | null;
  readonly pending: readonly PendingRow[];
  readonly openSource: OpenSource;
  /** For where the source that was opened does not work. */
  readonly fallBack: OpenSource;
  /** Hands a batch to the daemon, which commits them in order; resolves when the next may be made. */
  readonly deliver: (batch: Found) => Promise<void>;
  readonly onStatus: (status: ReaderStatus) => void;
  /** The prints are needed; `load` brings them, until `finishLoading`. */
  readonly wantPrints: () => void;
}

/** The files have been replaced, or another database was found: only a new process, or a new start, can go on. */
export class Restart extends Error {}

/**
 * The reading half of capture: each look compares chat.db with what has been delivered, and delivers the difference.
 * It decides nothing about events and writes nowhere.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #pending: PendingRows;
  readonly #changes = new RowChanges();
  readonly #reconcile: Reconcile;
  #opening: Opening | null = null;
  #cursor: Cursor | null;
  #prints: 'unasked' | 'asked' | 'loaded' = 'unasked';
  /** Why stock has to be taken: of where the pages are, and of what every row says. */
  #stock: 'start' | 'lost' | null = 'start';
  #isFirst = true;
  #fellBackAt: Instant | null = null;
  /** The last page of new rows was full: more may wait. */
  #isFull = false;
  #status: ReaderStatus = { state: 'starting', code: null, mode: 'wal', modeReason: null };

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    this.#pending = new PendingRows(options.pending);
    this.#reconcile = new Reconcile(this.#changes.prints, (id) => this.#changes.isRecentlyDeleted(id));
    if (options.cursor !== null) {
      this.#changes.follow(options.cursor);
    }
  }

  /**
   * Looks until nothing more is found. A database that cannot be opened is a status, and the next look tries again.
   * @throws Restart
   */
  async look(): Promise<void> {
    try {
      for (;;) {
        const { db, source } = this.#opened();
        const step = this.#step(db, source);
        if (step === 'idle') {
          break;
        }
        if (step === 'again') {
          await turn();
        } else {
          // Without its own side files a snapshot is none: who writes by the new ones changes pages under it.
          if (this.isReplaced()) {
            throw new Restart('The files were replaced while they were read');
          }
          await this.#options.deliver(step);
          if (step.kind !== 'live') {
            throw new Restart('Another database has been anchored');
          }
        }
      }
      this.#report('following', null);
    } catch (error) {
      if (error instanceof Restart) {
        throw error;
      }
      this.#report('unavailable', errorCode(error));
      // What was half looked at is only known anew from what was delivered; and an open handle cannot be closed here.
      if (this.#opening !== null) {
        throw new Restart('The database cannot be read', { cause: error });
      }
    }
  }

  /** A part of the stored prints. */
  load(stored: StoredPrints): void {
    this.#changes.prints[stored.table].load(stored);
  }

  /** All of them are there: from now on changes of told rows are looked for. */
  finishLoading(): void {
    this.#changes.prints.message.finishLoading();
    this.#changes.prints.attachment.finishLoading();
    this.#prints = 'loaded';
  }

  /** Whether other files lie at the path than those that are open. Asks the file system only. */
  isReplaced(): boolean {
    const opening = this.#opening;
    return opening !== null && (opening.filesId === null || opening.filesId !== filesAt(this.#options.path));
  }

  /** Nothing is under way in the file: until another event comes, there is nothing to look for. */
  isSettled(): boolean {
    return this.#opening?.source.isSettled() === true;
  }

  /** Where a commit is being written just now, blocks until a look would see it, a millisecond at most. */
  awaitCommit(): void {
    this.#opening?.source.awaitCommit();
  }

  /** A look would find nothing, and say nothing: no need for one that nobody has hinted at. */
  isStill(): boolean {
    const isWaiting =
      this.#cursor === null ||
      this.#status.state !== 'following' ||
      this.#isFirst ||
      this.#isFull ||
      this.#prints !== 'loaded' ||
      this.#stock !== null ||
      this.#fellBackAt !== null ||
      this.#reconcile.isRunning ||
      this.#pending.size > 0 ||
      !this.#changes.isIdle;
    if (isWaiting || this.#opening?.source.isStill() !== true) {
      return false;
    }
    const now = this.#options.clock.now();
    return now >= (this.#cursor?.toldUpTo ?? now) && !this.#isDailyDue(now);
  }

  /** When every row had been compared last, since the start of this process. */
  get comparedAt(): Instant | null {
    return this.#reconcile.finishedAt;
  }

  figures(): ReaderFigures {
    const none = { looks: 0, resets: { proved: 0, salvaged: 0, lost: 0 }, pageMapMs: null };
    return {
      ...(this.#opening?.source.figures() ?? none),
      format: this.#opening?.format ?? null,
      reconcile: this.#reconcile.figures(),
    };
  }

  #opened(): Opening {
    if (this.#opening === null) {
      const before = filesAt(this.#options.path);
      const db = openMessagesDb(this.#options.path, { cacheKib: CACHE_KIB });
      const source = this.#options.openSource(db);
      const format = db.format();
      // Looked at after the first read: opening may itself create the WAL and its index.
      const after = filesAt(this.#options.path);
      this.#opening = { db, source, format, filesId: areStillThere(before, after) ? after : null };
    }
    return this.#opening;
  }

  /** One look: what it found, that nothing is to be done now, or that more is to be done at once. */
  #step(db: MessagesDb, source: ChangeSource): Found | 'again' | 'idle' {
    const lookedAt = this.#options.clock.now();
    const cursor = this.#cursor;
    if (cursor === null) {
      return this.#anchor(db, null, lookedAt);
    }
    const hints = source.look(cursor.rowId);
    this.#changes.hint(hints);
    this.#stock = hints.lost === null ? this.#stock : 'lost';
    if (this.#fellBackAt !== null && Math.abs(lookedAt - this.#fellBackAt) > TRY_AGAIN_MS) {
      throw new Restart('The better source is tried again');
    }
    const isPendingDue = this.#pending.isDue(hints.isQuiet, lookedAt);
    const isChangeDue = this.#prints === 'loaded' && !this.#changes.isIdle;
    const isSetBack = lookedAt < cursor.toldUpTo;
    if (this.#isFirst || this.#isFull || !hints.isQuiet || isPendingDue || isChangeDue || isSetBack) {
      const found = db.snapshot(() => this.#find(db, cursor, lookedAt));
      this.#isFirst = false;
      if (found !== null) {
        return found;
      }
    }
    return this.#isFull ? 'again' : this.#background(db, source, lookedAt);
  }

  /** New rows and changed ones, of one snapshot. */
  #find(db: MessagesDb, cursor: Cursor, lookedAt: Instant): Found | null {
    const position = db.position(cursor.rowId);
    const reason = gapReason(position, cursor);
    if (reason !== null) {
      return this.#anchor(db, reason, lookedAt);
    }
    const changed =
      this.#prints === 'loaded'
        ? this.#changes.collect(db, cursor.rowId, (id) => this.#pending.has(id))
        : { changedRows: [], deletedRows: [] };
    const chats = position.lastChatRowId > cursor.chatRowId ? db.chatsAfter(cursor.chatRowId) : [];
    const page = db.readAfter(cursor.rowId, PAGE);
    this.#isFull = page.length === PAGE;
    const waiting = this.#pending.size;
    const newRows = this.#pending.settle(db, page, lookedAt);
    const last = page.at(-1)?.message ?? null;
    this.#changes.told(db, newRows, { after: cursor.rowId, upTo: last?.rowId ?? cursor.rowId });
    const next: Cursor = {
      rowId: last?.rowId ?? cursor.rowId,
      rowGuid: last?.guid ?? cursor.rowGuid,
      toldUpTo: toldUpTo(newRows, cursor.toldUpTo, lookedAt),
      chatRowId: chats.at(-1)?.rowId ?? cursor.chatRowId,
      ...this.#changes.joinCursor(),
      historyFiles: cursor.historyFiles,
      databaseId: position.databaseId,
    };
    this.#cursor = next;
    const isNothing =
      page.length === 0 &&
      newRows.length === 0 &&
      chats.length === 0 &&
      changed.changedRows.length === 0 &&
      changed.deletedRows.length === 0 &&
      this.#pending.size === waiting &&
      next.toldUpTo === cursor.toldUpTo &&
      next.chatJoin === cursor.chatJoin &&
      next.attachmentJoin === cursor.attachmentJoin;
    return isNothing
      ? null
      : {
          ...this.#blank(next, lookedAt),
          // Up to macOS 15 each service has a row of its own for the same chat: only the first makes it new.
          chats: chats.filter((row) => row.isFirst).map((row) => row.chat),
          newRows,
          ...changed,
        };
  }

  /** What waits until all that is new has been told: the prints, the page map, the comparison of everything. */
  #background(db: MessagesDb, source: ChangeSource, lookedAt: Instant): Found | 'again' | 'idle' {
    if (this.#prints === 'unasked') {
      this.#prints = 'asked';
      this.#options.wantPrints();
    }
    if (this.#prints !== 'loaded') {
      return 'idle';
    }
    if (this.#stock !== null || this.#isDailyDue(lookedAt)) {
      const kind = this.#stock ?? 'daily';
      const prepared = this.#stock === null ? 'ready' : source.prepare();
      if (prepared === 'later') {
        return 'idle';
      }
      if (prepared === 'unusable') {
        this.#opening = { ...this.#opened(), source: this.#options.fallBack(db) };
        this.#fellBackAt = lookedAt;
        return 'again';
      }
      this.#stock = null;
      this.#reconcile.start(kind, {
        message: this.#cursor?.rowId ?? 0,
        attachment: db.prints().lastRow('attachment'),
      });
    }
    if (this.#reconcile.isRunning) {
      return this.#compareSlice(db, source, lookedAt);
    }
    return source.idle() ? 'again' : 'idle';
  }

  #compareSlice(db: MessagesDb, source: ChangeSource, lookedAt: Instant): Found | 'again' {
    const { slice, taken } = db.snapshot(() => {
      const next = this.#reconcile.next(db.prints(), lookedAt);
      return {
        slice: next,
        taken:
          next === null
            ? null
            : this.#changes.takeSlice(db, next, {
                isPending: (id) => this.#pending.has(id),
                historyFiles: this.#cursor?.historyFiles ?? 0,
              }),
      };
    });
    if (slice === null || taken === null) {
      return 'again';
    }
    if (slice.kind === 'daily' && source.mode === 'wal') {
      // What was committed between the last look and this snapshot is no surprise.
      const hints = source.look(this.#cursor?.rowId ?? 0);
      this.#changes.hint(hints);
      this.#stock = hints.lost === null ? this.#stock : 'lost';
      this.#reconcile.countSurprises(surprises(slice, hints));
    }
    const cursor = this.#cursor;
    const found = cursor === null ? null : { ...this.#blank(cursor, lookedAt), ...taken };
    return found === null || (found.prints.length === 0 && taken.knownRows.length === 0) ? 'again' : found;
  }

  /** First start, or another database than the one that the cursor was of: begin at its present. */
  #anchor(db: MessagesDb, reason: GapReason | null, lookedAt: Instant): Found {
    const cursor = this.#cursor;
    return {
      ...this.#blank(presentOf(db, lookedAt), lookedAt),
      kind: reason === null ? 'anchor' : 'gap',
      gapReason: reason,
      pending: [],
      datedSince:
        cursor === null
          ? []
          : db.guidsSince(newsSince(cursor.toldUpTo, lookedAt, this.#pending.size > 0), GAP_ROWS),
    };
  }

  #blank(cursor: Cursor, lookedAt: Instant): Found {
    return {
      kind: 'live',
      gapReason: null,
      cursor,
      pending: this.#pending.list(),
      chats: [],
      newRows: [],
      changedRows: [],
      deletedRows: [],
      knownRows: [],
      datedSince: [],
      prints: this.#changes.takePrints(),
      guids: [],
      lookedAt,
    };
  }

  #isDailyDue(now: Instant): boolean {
    const last = this.#reconcile.finishedAt;
    return !this.#reconcile.isRunning && last !== null && (now - last > DAY_MS || now < last - DAY_MS);
  }

  #report(state: ReaderStatus['state'], code: string | null): void {
    const { mode = 'wal', modeReason = null } = this.#opening?.source ?? {};
    const { state: lastState, code: lastCode, mode: lastMode } = this.#status;
    if (state !== lastState || code !== lastCode || mode !== lastMode) {
      this.#status = { state, code, mode, modeReason };
      this.#options.onStatus(this.#status);
    }
  }
}

interface Opening {
  readonly db: MessagesDb;
  readonly source: ChangeSource;
  readonly format: DatabaseFormat;
  /** What lies at the path; `null` where that changed while it was being opened, so that it is not known what was. */
  readonly filesId: string | null;
}

function surprises(slice: Slice, hints: Hints): number {
  const isHinted = (id: number) => hints[slice.table].some((range) => id > range.after && id <= range.upTo);
  const found = [...slice.different.filter((one) => one.before !== 0).map((one) => one.id), ...slice.deleted];
  return hints.lost === null ? found.filter((id) => !isHinted(id)).length : 0;
}
