import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = new URL('../..', import.meta.url).pathname;
const START_MS = 20_000;

/** `blueline run` as a child process: where it listens, and the key that opens it. */
export interface Daemon {
  readonly url: string;
  readonly key: string;
  stop(): Promise<void>;
}

/** Starts the daemon against a simulated Mac, with everything that it keeps under `home`. */
export async function startDaemon(options: {
  readonly home: string;
  readonly database: string;
  readonly osascript: string;
  readonly clockOffsetMs: number;
  readonly port: number;
}): Promise<Daemon> {
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'run'], {
    env: {
      ...process.env,
      BLUELINE_HOME: options.home,
      BLUELINE_MESSAGES_DB: options.database,
      BLUELINE_OSASCRIPT: options.osascript,
      BLUELINE_HTTP_PORT: String(options.port),
      BLUELINE_BRIDGE_CLOCK_OFFSET_SECONDS: String(options.clockOffsetMs / 1000),
      BLUELINE_BRIDGE_ID: 'demo',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for the demo, which then ends the daemon in order.
    detached: true,
  });
  const exited = once(child, 'exit');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString('utf8')).slice(-20_000);
    });
  }
  const announcement = join(options.home, 'daemon.json');
  for (const started = Date.now(); !existsSync(announcement); await pause(20)) {
    if (child.exitCode !== null || Date.now() - started > START_MS) {
      child.kill('SIGKILL');
      throw new Error(`The daemon did not start. Its log:\n${log}`);
    }
  }
  const { url }: { url: string } = JSON.parse(readFileSync(announcement, 'utf8'));
  return {
    url,
    key: readFileSync(join(options.home, 'cli.key'), 'utf8').trim(),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
