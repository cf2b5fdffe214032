import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** Messages runs, and that is all that is ever asked of it. */
const OSASCRIPT = "#!/bin/sh\ncat > /dev/null\nprintf 'running: true\\n'\n";
const START_MS = 60_000;

const announcement = z.object({ url: z.url(), pid: z.int() });
const COMPARED_MS = 120_000;
const healthBody = z.object({
  capture: z
    .object({
      mode: z.string(),
      state: z.string(),
      reconcile: z
        .object({ running: z.string().nullable(), finished_at: z.number().nullable() })
        .loose()
        .optional(),
    })
    .loose()
    .optional(),
  last_sequence: z.int().optional(),
});

export type Mode = 'auto' | 'wal' | 'scan';

/** How a start differs from the ordinary. */
export interface StartOptions {
  readonly clockOffsetSeconds: number;
  /** No file event reaches the daemon: its watches are made, as far as it can tell, and stay silent. */
  readonly isDeaf: boolean;
}

/** `blueline run` as an operator runs it, which may be killed, stopped and started again. */
export class Daemon {
  readonly home: string;
  readonly #database: string;
  readonly #mode: Mode;
  #child: ChildProcess | null = null;
  #pid = 0;
  #url = '';

  constructor(options: { readonly home: string; readonly database: string; readonly mode: Mode }) {
    this.home = options.home;
    this.#database = options.database;
    this.#mode = options.mode;
    writeFileSync(join(this.home, 'osascript'), OSASCRIPT);
    chmodSync(join(this.home, 'osascript'), 0o755);
    process.on('exit', () => {
      if (this.#child !== null) {
        signalTo(this.#pid, 'SIGKILL');
      }
    });
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  /** What it has printed, for a person who looks for the cause of a failure. */
  get logPath(): string {
    return join(this.home, 'daemon.log');
  }

  /** Resolves when it listens. */
  async start(options: StartOptions): Promise<void> {
    rmSync(join(this.home, 'daemon.json'), { force: true });
    const run = [process.execPath, MAIN, 'run'];
    const [command = '', ...args] = options.isDeaf ? [...DEAF, ...run] : run;
    const log = openSync(this.logPath, 'a');
    const child = spawn(command, args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        BLUELINE_HOME: this.home,
        BLUELINE_MESSAGES_DB: this.#database,
        BLUELINE_OSASCRIPT: join(this.home, 'osascript'),
        BLUELINE_HTTP_PORT: '0',
        BLUELINE_LIMITS_PRESET: 'off',
        BLUELINE_LOG_LEVEL: process.env['PROVE_LOG'] ?? 'warn',
        BLUELINE_BRIDGE_CLOCK_OFFSET_SECONDS: String(options.clockOffsetSeconds),
        ...(this.#mode === 'auto' ? {} : { BLUELINE_CAPTURE_MODE: this.#mode }),
      },
      stdio: ['ignore', log, log],
    });
    this.#child = child;
    this.#pid = child.pid ?? 0;
    const said = await this.#announced(child);
    this.#pid = said.pid;
    this.#url = said.url;
  }

  async #announced(child: ChildProcess): Promise<z.infer<typeof announcement>> {
    const path = join(this.home, 'daemon.json');
    for (const deadline = Date.now() + START_MS; Date.now() < deadline; await wait(5)) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the daemon ended at its start; see ${this.logPath}`);
      }
      if (existsSync(path)) {
        const parsed = announcement.safeParse(parseJson(readFileSync(path, 'utf8')));
        if (parsed.success) {
          return parsed.data;
        }
      }
    }
    throw new Error(`the daemon did not come up; see ${this.logPath}`);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As an operator ends it. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const ended = once(child, 'exit');
    // Under strace the daemon is the child of our child, which ends with it.
    signalTo(this.#pid, 'SIGCONT');
    signalTo(this.#pid, signal);
    await ended;
  }

  /** To the daemon alone. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    signalTo(this.#pid, signal);
  }

  /** To the process that reads for it; `false` if there is none now. */
  signalReader(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): boolean {
    const readers = childrenOf(this.#pid);
    for (const pid of readers) {
      signalTo(pid, signal);
    }
    return readers.length > 0;
  }

  /** Waits until every row has been compared since the reading process started, and that is not done anew just now. */
  async compared(): Promise<void> {
    for (const deadline = Date.now() + COMPARED_MS; Date.now() < deadline; await wait(50)) {
      const { capture } = await this.health();
      const { running = null, finished_at: at = null } = capture?.reconcile ?? {};
      if (at !== null && running === null) {
        return;
      }
    }
    throw new Error('the daemon did not come to the end of its comparison');
  }

  async health(): Promise<z.infer<typeof healthBody>> {
    const key = readFileSync(join(this.home, 'cli.key'), 'utf8').trim();
    const response = await fetch(`${this.#url}/health`, { headers: { authorization: `Bearer ${key}` } });
    return healthBody.parse(await response.json());
  }
}

/** The system call that makes a watch is answered with a number, and never made. */
const DEAF: readonly string[] = [
  'strace',
  '--follow-forks',
  '--quiet=all',
  '--seccomp-bpf',
  '--output=/dev/null',
  '--trace=inotify_add_watch',
  '--inject=inotify_add_watch:retval=1',
];

/** Whether file events can be suppressed here; it needs strace, and no change of the daemon. */
export function canBeDeaf(): boolean {
  try {
    execFileSync(DEAF[0] ?? '', [...DEAF.slice(1), process.execPath, '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid), '-f', 'capture'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    // pgrep finds nothing.
    return [];
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already.
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
