import { closeSync, fdatasync, openSync } from 'node:fs';

/**
 * Brings what SQLite has written to its `-wal` to the disk, on a thread of libuv's pool (on macOS with `F_FULLFSYNC`, as
 * libuv does it). Any descriptor on the file will do: it is the file's pages that are flushed. What left the `-wal` by
 * a checkpoint is on the disk already, as SQLite flushes before and after it. Calls that come while one is under way
 * share the next.
 */
export class WalFlusher {
  readonly #path: string;
  #fd: number | null = null;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  flush(): Promise<void> {
    const running = this.#running;
    if (running === null) {
      return this.#run();
    }
    // What is under way may have begun before the last commit.
    this.#next ??= running.then(
      () => this.#run(),
      () => this.#run(),
    );
    return this.#next;
  }

  /** A flush that is under way still ends; its descriptor is not given to another file before. */
  close(): void {
    this.#isClosed = true;
    if (this.#running === null) {
      this.#release();
    }
  }

  #run(): Promise<void> {
    this.#next = null;
    if (this.#isClosed) {
      // SQLite brings everything to the disk when it closes the file.
      return Promise.resolve();
    }
    this.#running = this.#datasync().finally(() => {
      this.#running = null;
      if (this.#isClosed) {
        this.#release();
      }
    });
    return this.#running;
  }

  #datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fd ??= openSync(this.#path, 'r+');
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  #release(): void {
    if (this.#fd !== null) {
      closeSync(this.#fd);
      this.#fd = null;
    }
  }
}
