import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { startDaemon } from './capture-daemon.ts';
import { copyHistory } from './capture-history.ts';

/** `/health` is asked so often. */
const POLL_MS = 50;
/** As long as the daemon has nothing to read, for what the machine itself takes. */
const IDLE_MS = 5_000;

const progressSchema = z.object({
  limits: z.object({ history: z.object({ phase: z.string(), rows: z.number(), of: z.number() }) }),
});

export interface DaemonFigures {
  /** From the start of the process until it follows the database: without a ledger, and with a whole one. */
  readonly startMs: number;
  readonly restartMs: number;
  readonly seedMs: number;
  /** Different numbers of rows that `/health` showed as read. */
  readonly progressSteps: number;
  /** The slowest hundredth of the answers of `/health`, while history was read and after that. */
  readonly busyP99Ms: number;
  readonly idleP99Ms: number;
}

/** The daemon's first start on a history, as its operator sees it, and its second. */
export async function measureDaemon(size: number, folder: string): Promise<DaemonFigures> {
  const database = join(folder, 'chat.db');
  copyHistory(size, database);
  const osascript = join(folder, 'osascript');
  writeFileSync(osascript, '#!/bin/sh\necho "running: true"\n', { mode: 0o755 });
  const home = join(folder, 'home');
  mkdirSync(home);
  const options = { home, database, osascript, node: process.execPath, preset: 'balanced' } as const;

  const first = await startDaemon(options);
  const seen = new Set<number>();
  const busy: number[] = [];
  const seedStart = performance.now();
  for (let isDone = false; !isDone;) {
    const askedAt = performance.now();
    const answer = await first.request('/health');
    busy.push(performance.now() - askedAt);
    const { history } = progressSchema.parse(answer).limits;
    seen.add(history.phase === 'recent' ? -history.rows : history.rows);
    isDone = history.phase === 'done';
    await pause(POLL_MS);
  }
  const seedMs = performance.now() - seedStart;
  const idle: number[] = [];
  for (const until = performance.now() + IDLE_MS; performance.now() < until; await pause(POLL_MS)) {
    const askedAt = performance.now();
    await first.request('/health');
    idle.push(performance.now() - askedAt);
  }
  await first.stop();
  const second = await startDaemon(options);
  await second.stop();
  rmSync(home, { recursive: true });
  return {
    startMs: first.readyAt - first.spawnedAt,
    restartMs: second.readyAt - second.spawnedAt,
    seedMs,
    progressSteps: seen.size,
    busyP99Ms: p99(busy),
    idleP99Ms: p99(idle),
  };
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}
