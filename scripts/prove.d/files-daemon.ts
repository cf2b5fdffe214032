import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createChatDb } from '../../src/simulator/index.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const START_MS = 30_000;

/** A daemon that has nothing to do but take files. */
export interface FilesDaemon {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  /** The folder of its uploads. */
  readonly uploads: string;
  warnings(): Promise<readonly string[]>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts it on an empty database under `root`, with what an operator would have but for `environment`. */
export async function startFilesDaemon(
  root: string,
  options: {
    readonly launcher?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<FilesDaemon> {
  const home = join(root, 'home');
  const database = join(root, 'Messages', 'chat.db');
  mkdirSync(join(home, 'uploads'), { recursive: true });
  if (!existsSync(database)) {
    mkdirSync(join(root, 'Messages'));
    createChatDb(database, '26').close();
    writeFileSync(join(root, 'osascript'), '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
    chmodSync(join(root, 'osascript'), 0o755);
  }
  rmSync(join(home, 'daemon.json'), { force: true });
  const [program, ...args] = [...(options.launcher ?? []), process.execPath, MAIN, 'run'];
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      BLUELINE_HOME: home,
      BLUELINE_MESSAGES_DB: database,
      BLUELINE_OSASCRIPT: join(root, 'osascript'),
      BLUELINE_HTTP_PORT: '0',
      BLUELINE_LIMITS_PRESET: 'off',
      ...options.environment,
    },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  const announcement = join(home, 'daemon.json');
  for (const started = Date.now(); !existsSync(announcement); await pause(20)) {
    if (child.exitCode !== null || Date.now() - started > START_MS) {
      child.kill('SIGKILL');
      throw new Error('The daemon did not start.');
    }
  }
  const { url }: { url: string } = JSON.parse(readFileSync(announcement, 'utf8'));
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    await exited;
  };
  return {
    url,
    key: readFileSync(join(home, 'cli.key'), 'utf8').trim(),
    pid: child.pid ?? 0,
    uploads: join(home, 'uploads'),
    warnings: async () => {
      const health: { warnings: readonly { code: string }[] } = JSON.parse(
        await (await fetch(`${url}/health`)).text(),
      );
      return health.warnings.map(({ code }) => code);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
