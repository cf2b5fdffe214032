import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** Both leave room for a machine that is busy with other things, too. */
const START_MS = 180_000;
const ANSWER_MS = 400_000;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A `command.updated` of the journal. */
export interface Told {
  readonly id: string;
  readonly state: string;
  /** Unix ms. */
  readonly at: number;
}

/** A daemon that is killed and started again, as one thing: requests wait for the next start, events are never lost. */
export class ProvedDaemon {
  readonly #home: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #onTold: (told: Told) => void;
  #child: ChildProcess | null = null;
  #exited: Promise<unknown> = Promise.resolve();
  #door: { readonly url: string; readonly key: string } | null = null;
  #socket: WebSocket | null = null;
  #sequence = 0;
  #log = '';

  constructor(options: {
    readonly home: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly onTold: (told: Told) => void;
  }) {
    this.#home = options.home;
    this.#environment = options.environment;
    this.#onTold = options.onTold;
  }

  /** The end of what it has printed. */
  get log(): string {
    return this.#log;
  }

  /** Starts it; resolves once it answers and its events are followed on from where they were left. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = this.#spawn(environment);
    const announcement = join(this.#home, 'daemon.json');
    for (const began = Date.now(); !existsSync(announcement); await pause(10)) {
      if (child.exitCode !== null || Date.now() - began > START_MS) {
        throw new Error(`The daemon did not start. Its log:\n${this.#log}`);
      }
    }
    const { url }: { url: string } = JSON.parse(readFileSync(announcement, 'utf8'));
    const key = readFileSync(join(this.#home, 'cli.key'), 'utf8').trim();
    await this.#follow(url, key);
    this.#door = { url, key };
  }

  /** `kill -9`, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#leave();
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** As an operator ends it. */
  async stop(): Promise<void> {
    this.#leave();
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  /** Ends it without waiting for that. */
  abandon(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Starts it and kills it at once, wherever it is by then. */
  async startAndKill(afterMs: number): Promise<void> {
    this.#spawn({});
    await pause(afterMs);
    await this.kill();
  }

  /** Kills the process that reads chat.db; false if there is none now. */
  async killReader(): Promise<boolean> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
    const reader = stdout
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s.*reader-process/u.exec(line))
      .find((found) => found !== null && Number(found[2]) === this.#child?.pid);
    try {
      return reader?.[1] !== undefined && process.kill(Number(reader[1]), 'SIGKILL');
    } catch {
      return false;
    }
  }

  /** Asks until there is an answer: a daemon that is dead has not refused. */
  async request(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    for (const began = Date.now(); Date.now() - began < ANSWER_MS; await pause(50)) {
      const door = this.#door;
      if (door !== null) {
        try {
          const response = await fetch(`${door.url}${path}`, {
            method,
            headers: {
              authorization: `Bearer ${door.key}`,
              ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
              ...options.headers,
            },
            ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
          });
          const body: Record<string, unknown> = JSON.parse((await response.text()) || '{}');
          if (response.status < 500) {
            return { status: response.status, body };
          }
        } catch {
          // It was killed before it had answered.
        }
      }
    }
    throw new Error(`${method} ${path} got no answer. The daemon's log:\n${this.#log}`);
  }

  #spawn(environment: Readonly<Record<string, string>>): ChildProcess {
    rmSync(join(this.#home, 'daemon.json'), { force: true });
    const child = spawn(process.execPath, [MAIN, 'run'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        BLUELINE_HOME: this.#home,
        BLUELINE_HTTP_PORT: '0',
        ...this.#environment,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString('utf8')).slice(-20_000);
      });
    }
    return child;
  }

  #leave(): void {
    this.#door = null;
    this.#socket?.terminate();
    this.#socket = null;
  }

  async #follow(url: string, key: string): Promise<void> {
    const socket = new WebSocket(
      `${url.replace('http', 'ws')}/v1/events/stream?after=${this.#sequence}&types=command.updated`,
      { headers: { authorization: `Bearer ${key}` } },
    );
    socket.on('message', (data: Buffer) => this.#read(data.toString('utf8')));
    // It ends with the daemon; the next start goes on where it was.
    socket.on('error', () => undefined);
    await once(socket, 'open');
    this.#socket = socket;
  }

  #read(text: string): void {
    const frame: {
      event?: { sequence: number; timestamp: string | number; data: { id?: string; state?: string } };
    } = JSON.parse(text);
    if (frame.event === undefined) {
      return;
    }
    const { sequence, timestamp, data } = frame.event;
    this.#sequence = sequence;
    if (data.id !== undefined && data.state !== undefined) {
      this.#onTold({ id: data.id, state: data.state, at: new Date(timestamp).getTime() });
    }
  }
}
