import { fork, type ChildProcess } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RowId } from '../domain/index.ts';
import { backoffMs, errorCode, type Logger, type Timer } from '../runtime/index.ts';
import type { MessagesSource } from '../messages-db/index.ts';
import { commitBatch, type CommitDeps } from './commit.ts';
import { BEAT_MS, type Batch, type FromReader, type ReaderStatus, type ToReader } from './protocol.ts';
import { presentOf } from './reader.ts';

const READER_PROCESS = fileURLToPath(new URL('./reader-process.ts', import.meta.url));
/** How often a batch that our store would not take is tried again. */
const COMMIT_RETRY_MS = 500;
/** So many beats may be missed, as counted by our own timer: neither side's sleep looks like the other's silence. */
const SILENT_BEATS = 5;

/** How change capture is doing, for health. */
export interface CaptureStatus {
  /** `scan`: new rows by ROWID, changes by comparing digests. */
  readonly mode: 'scan';
  readonly state: ReaderStatus['state'] | 'stopped';
  readonly code: string | null;
  readonly cursor: RowId | null;
  readonly pendingRows: number;
  /** Milliseconds from the look that found the last batch to its commit. */
  readonly lagMs: number;
  /** The store refuses what was read; nothing is lost, the batch is tried again. */
  readonly isCommitFailing: boolean;
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
  let reader: ReaderStatus = { state: 'starting', code: null };
  let isRunning = false;
  let deaths = 0;
  let lagMs = 0;
  let isCommitFailing = false;
  let timer: Timer | null = null;
  let watchdog: Timer | null = null;
  let silentBeats = 0;

  const tell = (target: ChildProcess, message: ToReader) => {
    if (target.connected) {
      target.send(message);
    }
  };

  const commit = (from: ChildProcess, batch: Batch): void => {
    if (from !== child) {
      return;
    }
    try {
      commitBatch(batch, options);
    } catch (error) {
      if (!isCommitFailing) {
        log.error({ code: errorCode(error) }, 'The store refused captured rows; they are tried again');
      }
      isCommitFailing = true;
      timer = clock.after(COMMIT_RETRY_MS, () => commit(from, batch));
      return;
    }
    isCommitFailing = false;
    deaths = 0;
    lagMs = Math.max(0, clock.now() - batch.lookedAt);
    tell(from, { type: 'ack', id: batch.id });
  };

  /**
   * The first start begins at the present, and the present is now: what is written while the reading process comes up
   * is news. Where the database cannot be read yet, the reader anchors when it can.
   */
  const anchorFirstStart = (): void => {
    if (captureStore.cursor() !== null) {
      return;
    }
    try {
      const cursor = options.source.use(presentOf);
      options.journal.write(() => captureStore.saveCursor(cursor));
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
        reader = { state: 'unavailable', code: 'reader_silent' };
        options.onChange();
      }
      child.kill('SIGKILL');
    }
  };

  const launch = (): void => {
    silentBeats = 0;
    const started = fork(READER_PROCESS, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: compiledCode(),
      execArgv: [],
    });
    child = started;
    reader = { state: 'starting', code: null };
    started.on('message', (message: FromReader) => {
      silentBeats = 0;
      if (message.type === 'batch') {
        commit(started, message.batch);
      } else if (message.type === 'status') {
        reader = message.status;
        log.info({ state: reader.state, code: reader.code }, 'Capture changed state');
        options.onChange();
      }
    });
    const ended = (code: number | string | null, signal: NodeJS.Signals | null) => {
      if (child !== started) {
        return;
      }
      child = null;
      options.onChange();
      if (isRunning) {
        deaths += 1;
        log.error({ code, signal, deaths }, 'The reading process of capture ended; it is started again');
        timer = clock.after(backoffMs(deaths, { firstMs: 100, limitMs: 10_000 }), launch);
      }
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
      cursor: captureStore.cursor(),
      pending: captureStore.pending(),
    });
  };

  return {
    start: () => {
      isRunning = true;
      anchorFirstStart();
      launch();
      watchdog = clock.every(BEAT_MS, watch);
    },
    status: () => ({
      mode: 'scan',
      state: child === null ? 'stopped' : reader.state,
      code: child === null ? null : reader.code,
      cursor: captureStore.cursor()?.rowId ?? null,
      pendingRows: captureStore.pending().length,
      lagMs,
      isCommitFailing,
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

/** The environment of the reader: nothing of ours but where compiled code is kept, if it is kept at all. */
function compiledCode(): Readonly<Record<string, string>> {
  const folder = getCompileCacheDir();
  // The folder that is told is the one of this version of Node, inside of the one that was named.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}
