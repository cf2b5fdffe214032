import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writePrivateFile } from './private-file.ts';
import { parseJson } from './parse-json.ts';

const schema = z.object({ url: z.url(), pid: z.int().positive(), startedAt: z.int() });

/** What a running daemon says of itself in its data folder. `startedAt` is Unix ms. */
export type DaemonFile = z.infer<typeof schema>;

export function writeDaemonFile(folder: string, content: DaemonFile): void {
  writePrivateFile(pathIn(folder), `${JSON.stringify(content)}\n`);
}

export function removeDaemonFile(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}

/**
 * The daemon that runs on the folder. `null` if there is none, also where a killed one left its file behind: another
 * program may by now listen at that address, and must not be shown the key.
 */
export function readDaemonFile(folder: string): DaemonFile | null {
  const parsed = schema.safeParse(parseJson(readIfThere(pathIn(folder)) ?? ''));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
}

function pathIn(folder: string): string {
  return join(folder, 'daemon.json');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
