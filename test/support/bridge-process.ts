import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { atEnd } from './cleanup.ts';
import { keepLog, noteCanaries } from './kept-logs.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** What a test reads of an answer: whatever it asks for by name is there, or undefined. */
export interface Json {
  readonly [name: string]: unknown;
}

/** `blueline run` as an operator runs it: a process, a data folder, a port. */
export interface BridgeProcess {
  readonly url: string;
  readonly home: string;
  readonly key: string;
  readonly pid: number;
  /** Everything that it has printed. */
  output(): string;
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  stream(query?: string): EventReader;
  /** Ends it as an operator does, and tells its exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface EventReader {
  readonly socket: WebSocket;
  readonly frames: readonly Json[];
  events(): readonly WireEvent[];
}

export interface WireEvent {
  readonly sequence: number;
  readonly type: string;
  readonly data: Json;
}

/** A data folder that goes with the test. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'blueline-home-'));
  atEnd(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Ends by itself at the end of the test, if it has not before. */
export async function startBridge(options: {
  readonly home: string;
  readonly database: string;
  readonly osascript: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A program with its first arguments that becomes the bridge by exec, such as a tracer. */
  readonly through?: readonly string[];
  /** Where others find the bridge's data folder, if that is a disk that only the bridge sees. */
  readonly seenAs?: (pid: number) => string;
}): Promise<BridgeProcess> {
  const { home } = options;
  rmSync(join(home, 'daemon.json'), { force: true });
  const [program, ...args] = [...(options.through ?? []), process.execPath, MAIN, 'run'] as const;
  const child: ChildProcess = spawn(program, args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      BLUELINE_HOME: home,
      BLUELINE_MESSAGES_DB: options.database,
      BLUELINE_OSASCRIPT: options.osascript,
      BLUELINE_HTTP_PORT: '0',
      // What limits do has tests of its own; the others send as much as they like.
      BLUELINE_LIMITS_PRESET: 'off',
      // All that it could log is looked through at the end of the run.
      BLUELINE_LOG_LEVEL: 'debug',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      keepLog(`bridge-${child.pid}`, chunk.toString('utf8'));
    });
  }
  const seen = options.seenAs?.(child.pid ?? 0) ?? home;
  const url = await vi.waitFor(() => readUrl(seen, child, output), { timeout: 20_000, interval: 10 });
  const key = readFileSync(join(seen, 'cli.key'), 'utf8').trim();
  noteCanaries(key);
  const authorization = { authorization: `Bearer ${key}` };

  return {
    url,
    home,
    key,
    pid: child.pid ?? 0,
    output: () => output,
    request: async (method, path, body, headers = {}) => {
      noteCanaries(...Object.values(Object(body)));
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const parsed: Json = text === '' ? {} : JSON.parse(text);
      return { status: response.status, headers: response.headers, body: parsed };
    },
    stream: (query = '') =>
      readEvents(`${url.replace('http', 'ws')}/v1/events/stream${query}`, authorization),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export function readEvents(url: string, headers: Readonly<Record<string, string>>): EventReader {
  const socket = new WebSocket(url, { headers });
  const frames: Json[] = [];
  socket.on('message', (data: Buffer) => {
    const frame: Json = JSON.parse(data.toString('utf8'));
    frames.push(frame);
  });
  // A daemon that is killed resets the connection: the test looks at what had arrived by then.
  socket.on('error', () => undefined);
  return {
    socket,
    frames,
    events: () => frames.flatMap((frame) => (isEvent(frame['event']) ? [frame['event']] : [])),
  };
}

function isEvent(value: unknown): value is WireEvent {
  return typeof value === 'object' && value !== null && 'sequence' in value && 'type' in value;
}

function readUrl(home: string, child: ChildProcess, output: string): string {
  if (child.exitCode !== null) {
    throw new Error(`the bridge ended at its start:\n${output}`);
  }
  const path = join(home, 'daemon.json');
  if (!existsSync(path)) {
    throw new Error('the bridge is not listening yet');
  }
  const daemon: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof daemon === 'object' && daemon !== null && 'url' in daemon && typeof daemon.url === 'string') {
    return daemon.url;
  }
  throw new Error('the bridge has not said where it listens');
}
