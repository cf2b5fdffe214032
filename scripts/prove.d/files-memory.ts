import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 10;
const SETTLE_MS = 4_000;

/** What a process holds in memory now, in bytes, as the system counts it. */
export function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) {
    return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(status, 'utf8'))?.[1] ?? Number.NaN) * 1024;
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

/** The middle of what it holds over some seconds in which nobody wants anything of it. */
export async function idleBytes(pid: number): Promise<number> {
  const seen: number[] = [];
  for (const started = Date.now(); Date.now() - started < SETTLE_MS; await pause(EVERY_MS * 10)) {
    seen.push(residentBytes(pid));
  }
  const last = seen.slice(-20).toSorted((a, b) => a - b);
  return last[Math.floor(last.length / 2)] ?? Number.NaN;
}

/** The most that it holds while `work` runs. */
export async function peakBytes<T>(pid: number, work: () => Promise<T>): Promise<{ peak: number; value: T }> {
  let peak = residentBytes(pid);
  const look = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, EVERY_MS);
  try {
    const value = await work();
    return { peak: Math.max(peak, residentBytes(pid)), value };
  } finally {
    clearInterval(look);
  }
}
