import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore } from '../store/index.ts';
import { createUploads, type Uploads } from './uploads.ts';

export const HOUR_MS = 3_600_000;
export const KEY = 'key';

/** A room over real folders, with a clock to step. */
export interface TestRoom {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly open: Set<string>;
  readonly uploads: Uploads;
  /** Another room over the same folders, as after a restart. */
  restart(): Promise<Uploads>;
  /** What lies in the folder of the uploads, and in the staging folder. */
  kept(): readonly string[];
  staged(): readonly string[];
  close(): Promise<void>;
}

export async function makeRoom(
  options: { maxBytes?: number; reserveBytes?: number; afconvert?: string } = {},
): Promise<TestRoom> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-uploads-'));
  const store = openStore(folder);
  const clock = new ManualClock(Date.now());
  const open = new Set<string>();
  const rooms: Uploads[] = [];
  const start = async () => {
    const uploads = createUploads({
      store,
      clock,
      log: createLogger('silent'),
      folder: join(folder, 'uploads'),
      messagesFolder: join(folder, 'Messages'),
      maxBytes: 1_000_000,
      reserveBytes: 0,
      keepMs: 24 * HOUR_MS,
      afconvert: join(folder, 'afconvert'),
      isOpen: (id) => open.has(id),
      ...options,
    });
    rooms.push(uploads);
    await uploads.start();
    return uploads;
  };
  const list = (path: string) => {
    try {
      return readdirSync(join(folder, path));
    } catch {
      return [];
    }
  };
  return {
    folder,
    clock,
    open,
    uploads: await start(),
    restart: start,
    kept: () => list('uploads'),
    staged: () => list('Messages/Attachments/Blueline'),
    close: async () => {
      await Promise.all(rooms.map((room) => room.stop()));
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield typeof part === 'string' ? Buffer.from(part) : part;
  }
}

/** What a client hands in, with what a test does not care for filled in. */
export function arriving(
  content: AsyncIterable<Uint8Array>,
  fields: { name?: string; declaredType?: string; announcedBytes?: number } = {},
) {
  return { keyId: KEY, name: null, declaredType: null, announcedBytes: 0, ...fields, content };
}

/** A stand-in for `afconvert`, as a shell script over `"$@"`. */
export function writeConverter(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}
