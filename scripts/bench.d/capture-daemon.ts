import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { sharedMs } from './capture-child.ts';
import { eventKey } from './capture-protocol.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const START_LIMIT_MS = 120_000;

const healthSchema = z.object({
  capture: z.looseObject({
    mode: z.string(),
    state: z.string(),
    resets: z.object({ proved: z.number(), salvaged: z.number(), lost: z.number() }).optional(),
  }),
});
export type CaptureHealth = z.infer<typeof healthSchema>['capture'];

/** The daemon as launchd starts it. */
export interface CaptureDaemon {
  readonly pid: number;
  readonly store: string;
  /** When its process was started, on the shared clock. */
  readonly spawnedAt: number;
  /** When `/health` first said that capture follows the database. */
  readonly readyAt: number;
  request(path: string): Promise<unknown>;
  health(): Promise<CaptureHealth>;
  listen(): Promise<Arrivals>;
  stop(): Promise<void>;
}

/** A WebSocket client: when each event came in, by its key. */
export interface Arrivals {
  readonly at: ReadonlyMap<string, number>;
  /** Resolves with those of the keys that have not come in time. */
  missing(keys: readonly string[], limitMs: number): Promise<string[]>;
  close(): void;
}

/** Starts it and waits until it follows the database. Its log is left in `home`. */
export async function startDaemon(options: {
  readonly home: string;
  readonly database: string;
  readonly osascript: string;
  /** The Node to run it with. */
  readonly node: string;
  /** Of the limits; none are kept if it is left out. */
  readonly preset?: string;
}): Promise<CaptureDaemon> {
  const { home } = options;
  const announcement = join(home, 'daemon.json');
  rmSync(announcement, { force: true });
  const log = openSync(`${home}.log`, 'a');
  const spawnedAt = sharedMs();
  const child = spawn(options.node, [MAIN, 'run'], {
    env: {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: process.env['HOME'] ?? '',
      LANG: 'en_US.UTF-8',
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: `${home}-code`,
      BLUELINE_HOME: home,
      BLUELINE_MESSAGES_DB: options.database,
      BLUELINE_OSASCRIPT: options.osascript,
      BLUELINE_HTTP_PORT: '0',
      BLUELINE_LIMITS_PRESET: options.preset ?? 'off',
    },
    stdio: ['ignore', log, log],
  });
  const exited = once(child, 'exit');
  // A bench that fails or is interrupted leaves no daemon behind.
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    process.off('exit', abandon);
  };
  const waitFor = async (isThere: () => Promise<boolean> | boolean) => {
    while (!(await isThere())) {
      if (child.exitCode !== null || sharedMs() - spawnedAt > START_LIMIT_MS) {
        child.kill('SIGKILL');
        throw new Error(`The daemon did not start; its log is ${home}.log`);
      }
      await pause(3);
    }
  };
  await waitFor(() => existsSync(announcement));
  const { url }: { url: string } = JSON.parse(readFileSync(announcement, 'utf8'));
  const authorization = `Bearer ${readFileSync(join(home, 'cli.key'), 'utf8').trim()}`;
  const request = async (path: string): Promise<unknown> =>
    (await fetch(`${url}${path}`, { headers: { authorization } })).json();
  const health = async () => healthSchema.parse(await request('/health')).capture;
  await waitFor(async () => (await health()).state === 'following');
  return {
    pid: child.pid ?? 0,
    store: join(home, 'blueline.db'),
    spawnedAt,
    readyAt: sharedMs(),
    request,
    health,
    listen: () => listen(`${url.replace('http', 'ws')}/v1/events/stream`, authorization),
    stop,
  };
}

/** Resolves once a first word has come. */
export async function listen(url: string, authorization?: string): Promise<Arrivals> {
  const socket = new WebSocket(url, authorization === undefined ? {} : { headers: { authorization } });
  const at = new Map<string, number>();
  socket.on('message', (data: Buffer) => {
    const arrivedAt = sharedMs();
    const frame: { event?: { type: string; data: { guid?: string } } } = JSON.parse(data.toString('utf8'));
    const guid = frame.event?.data.guid;
    if (frame.event !== undefined && guid !== undefined) {
      at.set(eventKey(frame.event.type, guid), arrivedAt);
    }
  });
  await once(socket, 'message');
  return {
    at,
    missing: async (keys, limitMs) => {
      const until = sharedMs() + limitMs;
      let left = keys.filter((key) => !at.has(key));
      while (left.length > 0 && sharedMs() < until) {
        await pause(2);
        left = left.filter((key) => !at.has(key));
      }
      return left;
    },
    close: () => socket.terminate(),
  };
}
