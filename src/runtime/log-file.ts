import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as RotatingFiles from 'rotating-file-stream';
import type { RotatingFileStream } from 'rotating-file-stream';
import type { Clock } from './clock.ts';

/** The current file; the ones before it are `blueline.1.log` (the newest of them) and so on. */
export const LOG_FILE = 'blueline.log';

/** Loaded by the one process that logs to files. */
const library = (): typeof RotatingFiles => createRequire(import.meta.url)('rotating-file-stream');

/** What may wait for a slow disk, in bytes; more is counted and left out, instead of filling the memory. */
const MAX_WAITING = 4_194_304;
/** After the disk has failed, the next try to write to it. */
const RETRY_MS = 10_000;

/** Size at which the next file is begun, and how many are kept before the current one. */
interface LogSizes {
  readonly bytes: number;
  readonly keep: number;
}

/** What all files of a log take at the most, in bytes. */
export function logSpace({ bytes, keep }: LogSizes): number {
  return bytes * (keep + 1);
}

/** The log's files in one folder, begun anew by size, so that they never take more than `logSpace`. */
export interface LogFile {
  /**
   * Never throws: an entry that cannot be written is counted, and the number told once it can be again. One that got
   * there just before the disk failed may be counted with those that waited behind it.
   */
  write(entry: string): void;
  /** Resolves when all that was written is in the file, or cannot get there. Twice is harmless. */
  close(): Promise<void>;
}

/** Makes the folder where it is missing; folder and files are for their owner alone. */
export function openLogFile(options: LogSizes & { readonly folder: string; readonly clock: Clock }): LogFile {
  return new RotatedFile(options);
}

/** The file before the current one by `index` steps. */
export function logFileName(index: number): string {
  return index === 0 ? LOG_FILE : LOG_FILE.replace('.log', `.${index}.log`);
}

class RotatedFile implements LogFile {
  readonly #options: Parameters<typeof openLogFile>[0];
  #stream: RotatingFileStream | null = null;
  #lost = 0;
  #isClosed = false;

  constructor(options: Parameters<typeof openLogFile>[0]) {
    this.#options = options;
    this.#open();
  }

  write(entry: string): void {
    const stream = this.#stream;
    if (stream === null || this.#isClosed || stream.writableLength > MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    const lost = this.#lost;
    if (lost > 0) {
      this.#lost = 0;
      this.#put(stream, `${JSON.stringify(lostEntry(lost, this.#options.clock.now()))}\n`, lost);
    }
    this.#put(stream, entry, 1);
  }

  /** @param entries how many are lost if this is */
  #put(stream: RotatingFileStream, text: string, entries: number): void {
    stream.write(text, (error) => {
      this.#lost += error === null || error === undefined ? 0 : entries;
    });
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#isClosed = true;
    this.#stream = null;
    if (stream !== null) {
      await new Promise<void>((resolve) => {
        stream.once('close', () => resolve());
        stream.end();
      });
    }
  }

  #open(): void {
    const { folder, bytes, keep, clock } = this.#options;
    const retry = () => {
      this.#stream = null;
      clock.after(RETRY_MS, () => {
        if (!this.#isClosed) {
          this.#open();
        }
      });
    };
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      retry();
      return;
    }
    const stream = library().createStream((index) => logFileName(Number(index)), {
      path: folder,
      size: `${bytes}B`,
      rotate: keep,
      mode: 0o600,
    });
    // A full disk, or a folder that is gone: the log is no reason to end.
    stream.once('error', retry);
    stream.on('error', () => undefined);
    this.#stream = stream;
  }
}

function lostEntry(entries: number, now: number): object {
  return {
    level: 'warn',
    time: new Date(now).toISOString(),
    entries,
    msg: 'Log entries could not be written and are lost',
  };
}
