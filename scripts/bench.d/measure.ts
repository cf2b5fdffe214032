import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peakBytes } from './peak.ts';

/** What one process took. */
export interface Measurement {
  /** Wall time from its start to its end. */
  readonly ms: number;
  /** The most memory that it and its children had together. */
  readonly peakBytes: number;
}

const BLUELINE = fileURLToPath(new URL('../blueline', import.meta.url));
const FLOOR = fileURLToPath(new URL('run-floor.ts', import.meta.url));

/**
 * Exports as a person does: by the launcher, from the start of its process to the end, into a file that keeps nothing.
 * @param compiled `cold`: without any compiled code, like the very first export of a checkout
 */
export function measureExport(database: string, compiled: 'kept' | 'cold' = 'kept'): Promise<Measurement> {
  const empty = compiled === 'cold' ? mkdtempSync(join(tmpdir(), 'blueline-cold-')) : null;
  const child = spawn(BLUELINE, ['export', '--db', database, '--out', '/dev/null'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(empty === null ? {} : { NODE_COMPILE_CACHE: empty }) },
  });
  return measured(child).finally(() => empty !== null && rmSync(empty, { recursive: true }));
}

/** Reads the same rows plainly, in a process of its own, too. */
export function measureFloor(database: string): Promise<Measurement> {
  return measured(spawn(process.execPath, [FLOOR, database], { stdio: ['ignore', 'ignore', 'inherit'] }));
}

async function measured(child: ChildProcess): Promise<Measurement> {
  const startedAt = performance.now();
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, peakBytes(child.pid ?? 0));
  }, 20);
  await once(child, 'close');
  clearInterval(look);
  if (child.exitCode !== 0) {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${String(child.exitCode ?? child.signalCode)}.`);
  }
  return { ms: performance.now() - startedAt, peakBytes: peak };
}

/** How many lines an export has. */
export async function countExported(database: string, folder: string): Promise<number> {
  const out = join(folder, `count-${process.pid}.jsonl`);
  const child = spawn(BLUELINE, ['export', '--db', database, '--out', out], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await once(child, 'close');
  let lines = 0;
  try {
    for await (const chunk of createReadStream(out)) {
      lines += newlines(chunk);
    }
  } finally {
    rmSync(out, { force: true });
  }
  return lines;
}

function newlines(chunk: unknown): number {
  return chunk instanceof Uint8Array ? chunk.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0) : 0;
}
