import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { memoryOf } from '../bench.d/capture-usage.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const START_MS = 120_000;

const frameSchema = z.object({
  event: z.object({ type: z.string(), data: z.looseObject({ text: z.string().nullish() }) }).optional(),
});

/** What the daemon's processes take now. */
export interface Usage {
  /** Of all its processes, each one's share of every page (PSS). */
  readonly memoryBytes: number;
  readonly descriptors: number;
}

export interface SoakDaemon {
  usage(): Usage;
  /** A value of /metrics, by its name with its labels; 0 where it is not told. */
  metrics(): Promise<(series: string) => number>;
  send(to: string, text: string): Promise<{ readonly status: number; readonly code: string | null }>;
  stop(): Promise<void>;
}

/** Starts a daemon, and follows its stream as a controller does: `onReceived` is told the text of each message. */
export async function startSoaked(options: {
  readonly home: string;
  readonly database: string;
  readonly osascript: string;
  readonly preset: string;
  readonly onReceived: (text: string) => void;
}): Promise<SoakDaemon> {
  const { home } = options;
  const log = openSync(`${home}.log`, 'a');
  const child = spawn(process.execPath, [MAIN, 'run'], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: process.env['HOME'] ?? '',
      BLUELINE_HOME: home,
      BLUELINE_MESSAGES_DB: options.database,
      BLUELINE_OSASCRIPT: options.osascript,
      BLUELINE_HTTP_PORT: '0',
      BLUELINE_LIMITS_PRESET: options.preset,
    },
    stdio: ['ignore', log, log],
  });
  const exited = once(child, 'exit');
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  const announcement = join(home, 'daemon.json');
  for (const began = performance.now(); !existsSync(announcement); await pause(20)) {
    if (child.exitCode !== null || performance.now() - began > START_MS) {
      throw new Error(`The daemon did not start; its log is ${home}.log`);
    }
  }
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(readFileSync(announcement, 'utf8')));
  const authorization = `Bearer ${readFileSync(join(home, 'cli.key'), 'utf8').trim()}`;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/events/stream`, {
    headers: { authorization },
  });
  socket.on('message', (data: Buffer) => {
    const { event } = frameSchema.parse(JSON.parse(data.toString('utf8')));
    if (event?.type === 'message.received') {
      options.onReceived(event.data.text ?? '');
    }
  });
  await once(socket, 'message');
  return {
    usage: () => {
      const pids = daemonProcesses(child.pid ?? 0);
      return {
        memoryBytes: sum(pids.map((pid) => memoryOf(pid).pssBytes)),
        descriptors: sum(pids.map((pid) => readdirSync(`/proc/${pid}/fd`).length)),
      };
    },
    metrics: async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const values = new Map(
        text
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .map((line) => [
            line.slice(0, line.lastIndexOf(' ')),
            Number(line.slice(line.lastIndexOf(' ') + 1)),
          ]),
      );
      return (series) => values.get(series) ?? 0;
    },
    send: async (to, text) => {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ to, text }),
      });
      const body = z
        .object({ error: z.union([z.null(), z.string(), z.object({ code: z.string() })]).optional() })
        .parse(await response.json());
      const code = typeof body.error === 'object' && body.error !== null ? body.error.code : null;
      return { status: response.status, code };
    },
    stop: async () => {
      socket.terminate();
      child.kill('SIGTERM');
      await exited;
      process.off('exit', abandon);
    },
  };
}

/** The daemon and the process that reads chat.db for it; scripts come and go, and are none of it. */
function daemonProcesses(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.map(Number).filter(isReader)];
}

function isReader(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reader-process');
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
