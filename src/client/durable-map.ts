import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { parseJson } from './parse-json.ts';

/** Lines beside those that still count, before the file is written anew. */
const MAX_STALE_LINES = 1_000;

/**
 * A map that outlives the program: a file (mode 0600) to which each change is appended, and on the disk before `set`
 * returns. A line that was cut off by a crash is left out when it is read again. For one process at a time.
 */
export class DurableMap<V> {
  readonly #path: string;
  readonly #values = new Map<string, V>();
  #file: number;
  #stale = 0;

  /** @throws where the folder cannot be written, or the file holds something else */
  constructor(path: string, schema: z.ZodType<V>) {
    this.#path = path;
    const entry = z.object({ key: z.string(), value: schema });
    const lines = readLines(path);
    for (const [index, line] of lines.entries()) {
      const parsed = entry.safeParse(parseJson(line));
      if (parsed.success) {
        this.#values.set(parsed.data.key, parsed.data.value);
      } else if (index !== lines.length - 1) {
        throw new Error(`${path}:${index + 1} is no entry of such a file.`, { cause: parsed.error });
      }
    }
    this.#file = this.#rewrite();
  }

  get(key: string): V | null {
    return this.#values.get(key) ?? null;
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  set(key: string, value: V): void {
    this.#stale += this.#values.has(key) ? 1 : 0;
    this.#values.set(key, value);
    if (this.#stale > MAX_STALE_LINES + this.#values.size) {
      closeSync(this.#file);
      this.#file = this.#rewrite();
      return;
    }
    writeSync(this.#file, lineOf(key, value));
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** All that counts, in a new file that takes the old one's place at once. @returns it, open for appending */
  #rewrite(): number {
    const draft = `${this.#path}.new`;
    const file = openSync(draft, 'w', 0o600);
    for (const [key, value] of this.#values) {
      writeSync(file, lineOf(key, value));
    }
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, this.#path);
    const folder = openSync(dirname(this.#path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    this.#stale = 0;
    return openSync(this.#path, 'a', 0o600);
  }
}

function lineOf(key: string, value: unknown): string {
  return `${JSON.stringify({ key, value })}\n`;
}

function readLines(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    // After the last line break there is nothing, unless a line was cut off.
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
