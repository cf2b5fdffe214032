import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/** A folder with executables that play `osascript`, for tests. */
export class StandIns {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-app-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A shell script. `$HERE` is the folder; each run adds its pid to `pids`. */
  shell(name: string, body: string): string {
    return this.#write(name, `#!/bin/sh\nHERE='${this.folder}'\necho $$ >> "$HERE/pids"\n${body}\n`);
  }

  /** A Node script of CommonJS; `here` is the folder. */
  node(name: string, body: string): string {
    const head = `#!${process.execPath}\nconst here = ${JSON.stringify(this.folder)};\n`;
    return this.#write(name, `${head}${body}\n`);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  lines(name: string): string[] {
    return existsSync(this.path(name)) ? this.read(name).trim().split('\n') : [];
  }

  /** Resolves when a stand-in has written `name` to its end (a whole line). */
  async written(name: string): Promise<void> {
    await vi.waitUntil(() => existsSync(this.path(name)) && this.read(name).endsWith('\n'), {
      timeout: 10_000,
      interval: 10,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(name: string, source: string): string {
    writeFileSync(this.path(name), source);
    chmodSync(this.path(name), 0o755);
    return this.path(name);
  }
}

/** Whether a process of that id runs: one that only waits to be collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  try {
    return !existsSync(stat) || !/\) Z /u.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}

export async function gone(pid: number): Promise<void> {
  await vi.waitUntil(() => !isAlive(pid), { timeout: 10_000, interval: 10 });
}
