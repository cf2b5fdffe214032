import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Change } from './test-ledger.ts';
import type { Operation } from './test-operations.ts';

export interface WriterSettings {
  readonly path: string;
  readonly isNew: boolean;
  readonly pageSize: number;
  readonly autoVacuum: number;
  readonly journalSizeLimit: number;
  readonly autoCheckpoint: number;
  /** A small cache makes a transaction write frames before it commits. */
  readonly cachePages: number;
}

export type Command =
  | { readonly do: 'open'; readonly settings: WriterSettings }
  | { readonly do: 'transaction' | 'rollback' | 'hang-inside'; readonly operations: readonly Operation[] }
  | { readonly do: 'sql'; readonly sql: string }
  | { readonly do: 'reopen' | 'recreate-wal' }
  | { readonly do: 'run'; readonly transactions: number; readonly seed: number };

export interface Reply {
  /** The rows that hold something else than before the command. */
  readonly changes: readonly Change[];
  readonly rows: number;
}

/** A second process that writes to a database on command. */
export class WriterProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL('test-writer-process.ts', import.meta.url), { stdio: 'inherit' });
  }

  /** Rejects when the process ends over it. */
  async send(command: Command): Promise<Reply> {
    const stop = new AbortController();
    const ended = once(this.#child, 'exit', { signal: stop.signal }).then(() => {
      throw new Error(`the writer ended over ${command.do}`);
    });
    ended.catch(() => undefined);
    try {
      this.#child.send(command);
      const [reply]: readonly Reply[] = await Promise.race([
        once(this.#child, 'message', { signal: stop.signal }),
        ended,
      ]);
      if (reply === undefined) {
        throw new Error('the writer said nothing');
      }
      return reply;
    } finally {
      stop.abort();
    }
  }

  /** For a command whose end is not waited for. */
  start(command: Command): void {
    this.#child.send(command);
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.disconnect();
      await ended;
    }
  }
}
