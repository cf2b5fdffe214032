import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
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
  /** Open for appending; `null` where its last line may be half a one, until it is written anew. */
  #file: number | null = null;
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
    this.#rewrite();
  }

  get(key: string): V | null {
    return this.#values.get(key) ?? null;
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  /**
   * @throws where the disk does not take it. It holds in this process all the same, and is written with the next change
   *   that the disk takes.
   */
  set(key: string, value: V): void {
    this.#stale += this.#values.has(key) ? 1 : 0;
    this.#values.set(key, value);
    const file = this.#file;
    if (file === null || this.#stale > MAX_STALE_LINES + this.#values.size) {
      this.#rewrite();
      return;
    }
    try {
      writeFileSync(file, lineOf(key, value));
      fdatasyncSync(file);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#file !== null) {
      closeSync(this.#file);
      this.#file = null;
    }
  }

  /** All that counts, in a new file that takes the old one's place at once. */
  #rewrite(): void {
    const draft = `${this.#path}.new`;
    const lines = [...this.#values].map(([key, value]) => lineOf(key, value));
    writeFileSync(draft, lines.join(''), { mode: 0o600, flush: true });
    renameSync(draft, this.#path);
    const folder = openSync(dirname(this.#path), 'r');
    fsyncSync(folder);
    closeSync(folder);
    this.#stale = 0;
    this.close();
    this.#file = openSync(this.#path, 'a', 0o600);
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
