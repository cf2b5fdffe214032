import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateHistory } from '../../src/simulator/index.ts';
import { sharedMs } from './capture-child.ts';

const FOLDER = join(tmpdir(), 'blueline-bench-capture');
const SIMULATOR = new URL('../../src/simulator/', import.meta.url);

/** A copy at `path` of the generated history of that many messages, which is made once and kept. */
export function copyHistory(size: number, path: string): void {
  const kept = join(FOLDER, `${size}-${version()}.db`);
  if (!existsSync(kept)) {
    mkdirSync(FOLDER, { recursive: true });
    const draft = `${kept}.${process.pid}`;
    const startedAt = sharedMs();
    console.log(`making a history of ${size.toLocaleString('en-US')} messages (once) …`);
    generateHistory(draft, { messages: size });
    renameSync(draft, kept);
    console.log(`  done in ${((sharedMs() - startedAt) / 1000).toFixed(0)} s`);
  }
  copyFileSync(kept, path, constants.COPYFILE_FICLONE);
}

export function forgetHistories(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

/** What decides the content: the generator and what it is made of. */
function version(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(SIMULATOR).toSorted()) {
    if (name.endsWith('.ts') && !name.endsWith('.test.ts')) {
      hash.update(readFileSync(new URL(name, SIMULATOR)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}
