import { fork, type ChildProcess } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Instant, RowId } from '../domain/index.ts';
import { backoffMs, compiledCodeFolder, errorCode, type Logger, type Timer } from '../runtime/index.ts';
import type { MessagesSource } from '../messages-db/index.ts';
import { commitBatch, type CommitDeps } from './commit.ts';
import { presentOf } from './identity.ts';
import {
  BEAT_MS,
  isAcknowledged,
  RESTART_EXIT,
  type Batch,
  type CaptureMode,
  type FromReader,
  type ModeChoice,
  type PendingRow,
  type ReaderFigures,
  type ReaderStatus,
  type ToReader,
} from './protocol.ts';

const READER_PROCESS = fileURLToPath(new URL('./reader-process.ts', import.meta.url));
/** How often a batch that our store would not take is tried again. */
const COMMIT_RETRY_MS = 500;
/** So many beats may be missed, as counted by our own timer: neither side's sleep looks like the other's silence. */
const SILENT_BEATS = 3;
/** The same until its first word: on a busy machine a process takes long to start, and one that is killed never does. */
const STARTING_BEATS = 30;
/** A replaced file may be replaced again at once: no storm of processes. */
const RESTART_MS = 20;
/** So many times in a row it asks for that, and it is a trouble like any other. */
const RESTARTS = 5;
/** A lag is of the last rows; after so long it says nothing of now. */
const LAG_HOLDS_MS = 60_000;
/**
 * The reader makes little garbage: V8's own measure would let it grow to several times of what it needs, and so little
 * at a time is not worth waking other threads for. What each event runs through once is hot code all the same,
 * though it would take hours of a quiet line until V8 took it for that.
 */
const READER_FLAGS = [
  '--max-semi-space-size=2',
  '--single-threaded-gc',
  '--invocation-count-for-maglev=50',
  // It knows when the work is done that leaves garbage.
  '--expose-gc',
] as const;

/** How change capture is doing, for health. */
export interface CaptureStatus {
  readonly mode: CaptureMode;
  /** Why it is `scan`. */
  readonly modeReason: string | null;
  readonly state: ReaderStatus['state'] | 'stopped';
  readonly code: string | null;
  readonly cursor: RowId | null;
  readonly pendingRows: number;
  /** Milliseconds from the look that found the last batch to its commit. */
  readonly lagMs: number;
  /** The store refuses what was read; nothing is lost, the batch is tried again. */
  readonly isCommitFailing: boolean;
  /** Since when another database is followed of which no message has been told yet. */
  readonly replacedAt: Instant | null;
  /** As of the last beat; `null` before the reading process has said anything. */
  readonly figures: ReaderFigures | null;
}

export interface Capture {
  start(): void;
  status(): CaptureStatus;
  stop(): Promise<void>;
}

export interface CaptureOptions extends CommitDeps {
  readonly path: string;
  /** The same database, as this process reads it. */
  readonly source: MessagesSource;
  readonly mode: ModeChoice;
  /** What the reading process adds to the machine's clock, ms. */
  readonly clockOffsetMs: number;
  readonly log: Logger;
  /** The reader began or ceased to follow the database. */
  readonly onChange: () => void;
}

/** Runs the reading process, commits what it finds, and starts it again when it dies. */
export function createCapture(options: CaptureOptions): Capture {
  const { captureStore, clock, log } = options;
  let child: ChildProcess | null = null;
  let reader: ReaderStatus = { state: 'starting', code: null, mode: 'wal', modeReason: null };
  let figures: ReaderFigures | null = null;
  let batches: Batch[] = [];
  let isRestarting = false;
  let position = captureStore.cursor();
  let waiting: readonly PendingRow[] = captureStore.pending();
  let isRunning = false;
  let deaths = 0;
  let lagMs = 0;
  let lagAt = clock.now();
  let isCommitFailing = false;
  let replacedAt: Instant | null = null;
  let timer: Timer | null = null;
  let watchdog: Timer | null = null;
  let silentBeats = 0;
  let hasSpoken = false;

  const tell = (target: ChildProcess, message: ToReader) => {
    if (target.connected) {
      target.send(message);
    }
  };

  /** In the order in which they were found; while one is refused, the others wait behind it. */
  const commitNext = (from: ChildProcess): void => {
    const [batch] = batches;
    if (from !== child || batch === undefined) {
      return;
    }
    try {
      waiting = commitBatch(batch, waiting, options);
    } catch (error) {
      if (!isCommitFailing) {
        log.error({ code: errorCode(error) }, 'The store refused captured rows; they are tried again');
      }
      isCommitFailing = true;
      timer = clock.after(COMMIT_RETRY_MS, () => commitNext(from));
      return;
    }
    batches.shift();
    position = batch.cursor;
    isCommitFailing = false;
    deaths = 0;
    lagAt = clock.now();
    lagMs = Math.max(0, clock.now() - batch.lookedAt);
    if (batch.kind === 'gap') {
      replacedAt = clock.now();
    } else if (batch.newRows.length > 0) {
      replacedAt = null;
    }
    if (isAcknowledged(batch)) {
      tell(from, { type: 'ack', id: batch.id });
    }
    commitNext(from);
  };

  /** Resolves when the message has left this process, or the other one is gone. */
  const handedOver = (target: ChildProcess, message: ToReader): Promise<void> =>
    new Promise((resolve) => {
      if (target.connected) {
        target.send(message, () => resolve());
      } else {
        resolve();
      }
    });

  const sendPrints = async (to: ChildProcess): Promise<void> => {
    try {
      for (const stored of captureStore.prints()) {
        // One page at a time is in memory, and requests are served between two.
        await handedOver(to, { type: 'prints', stored });
        await turn();
        if (to !== child) {
          return;
        }
      }
      tell(to, { type: 'prints_end' });
    } catch (error) {
      // It waits for the rest of them: the one that comes after it asks anew.
      log.error({ code: errorCode(error) }, 'The store could not be read for the reading process of capture');
      to.kill('SIGKILL');
    }
  };

  const receive = (from: ChildProcess, message: FromReader): void => {
    if (from !== child) {
      return;
    }
    silentBeats = 0;
    hasSpoken = true;
    switch (message.type) {
      case 'batch':
        batches.push(message.batch);
        if (batches.length === 1) {
          commitNext(from);
        }
        break;
      case 'prints_wanted':
        void sendPrints(from);
        break;
      case 'status':
        reader = message.status;
        log.info(
          { state: reader.state, code: reader.code, mode: reader.mode, reason: reader.modeReason },
          'Capture changed state',
        );
        options.onChange();
        break;
      case 'beat':
        warnOfSurprises(message.figures);
        figures = message.figures;
        break;
      default:
        message satisfies never;
    }
  };

  const warnOfSurprises = (now: ReaderFigures): void => {
    const before = figures?.reconcile.surprises ?? 0;
    if (now.reconcile.surprises > before) {
      log.warn(
        { surprises: now.reconcile.surprises },
        'The daily comparison found changes that had not been noticed; please report this',
      );
    }
  };

  /**
   * The first start begins at the present, and the present is now: what is written while the reading process comes up
   * is news. Where the database cannot be read yet, the reader anchors when it can.
   */
  const anchorFirstStart = (): void => {
    if (position !== null) {
      return;
    }
    try {
      const cursor = options.source.use((db) => presentOf(db, clock.now()));
      options.journal.write(() => captureStore.saveCursor(cursor));
      position = cursor;
    } catch (error) {
      log.warn(
        { code: errorCode(error) },
        'The database of Messages cannot be read yet; capture begins when it can',
      );
    }
  };

  /** A reader that hangs, or was stopped, sends no beat: it is as good as dead, and must not look alive. */
  const watch = (): void => {
    silentBeats += 1;
    if (child !== null && silentBeats > SILENT_BEATS) {
      if (reader.code !== 'reader_silent') {
        reader = { ...reader, state: 'unavailable', code: 'reader_silent' };
        options.onChange();
      }
      if (hasSpoken || silentBeats > STARTING_BEATS) {
        child.kill('SIGKILL');
      }
    }
  };

  const launch = (): void => {
    silentBeats = 0;
    hasSpoken = false;
    batches = [];
    isRestarting = false;
    // What keeps it from reading stays said until a reader says otherwise.
    reader = reader.state === 'unavailable' ? reader : { ...reader, state: 'starting', code: null };
    const cacheFolder = compiledCodeFolder();
    const started = fork(READER_PROCESS, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // It gets nothing of the daemon's environment but where compiled code is kept.
      env: cacheFolder === undefined ? {} : { NODE_COMPILE_CACHE: cacheFolder },
      execArgv: [...READER_FLAGS],
    });
    child = started;
    figures = null;
    started.on('message', (message: FromReader) => receive(started, message));
    const ended = (code: number | string | null, signal: NodeJS.Signals | null) => {
      if (child !== started) {
        return;
      }
      child = null;
      options.onChange();
      if (!isRunning) {
        return;
      }
      isRestarting = code === RESTART_EXIT;
      deaths = isRestarting && reader.state === 'following' ? 0 : deaths + 1;
      // One that begins in another database anchors, and is followed by another: not by ever more without a commit.
      if (isRestarting && reader.state !== 'unavailable' && deaths <= RESTARTS) {
        log.info({}, 'The files of the database were replaced; its reading process is started again');
        timer = clock.after(RESTART_MS, launch);
        return;
      }
      log.error({ code, signal, deaths }, 'The reading process of capture ended; it is started again');
      timer = clock.after(backoffMs(deaths, { firstMs: 100, limitMs: 10_000 }), launch);
    };
    started.once('exit', ended);
    started.on('error', (error) => {
      // A process that could not be started has no exit; of any other, the exit says all there is to say.
      if (started.pid === undefined) {
        ended(errorCode(error), null);
      }
    });
    tell(started, {
      type: 'start',
      path: options.path,
      clockOffsetMs: options.clockOffsetMs,
      mode: options.mode,
      cursor: position,
      pending: waiting,
    });
  };

  /** A process that asked to be started anew is no failure; what keeps it from reading stays said. */
  const stateBetween = (): CaptureStatus['state'] => {
    if (!isRestarting) {
      return 'stopped';
    }
    return reader.state === 'unavailable' ? 'unavailable' : 'starting';
  };

  return {
    start: () => {
      isRunning = true;
      anchorFirstStart();
      launch();
      watchdog = clock.every(BEAT_MS, watch);
    },
    status: () => ({
      mode: reader.mode,
      modeReason: reader.modeReason,
      state: child === null ? stateBetween() : reader.state,
      code: reader.code,
      cursor: position?.rowId ?? null,
      pendingRows: waiting.length,
      lagMs: clock.now() - lagAt > LAG_HOLDS_MS ? 0 : lagMs,
      isCommitFailing,
      replacedAt,
      figures,
    }),
    stop: async () => {
      isRunning = false;
      watchdog?.cancel();
      timer?.cancel();
      const last = child;
      child = null;
      if (last !== null && last.exitCode === null && last.signalCode === null) {
        const ended = new Promise((resolve) => last.once('exit', resolve));
        last.kill('SIGKILL');
        await ended;
      }
    },
  };
}
