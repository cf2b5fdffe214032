import type { MessagesDb } from '../messages-db/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { OpenSource } from './change-source.ts';
import type { ModeChoice } from './protocol.ts';
import { ScanSource } from './scan-source.ts';

/** The source for a mode; `auto` begins with the WAL. */
export function sourceFor(mode: ModeChoice, path: string, clock: Clock): OpenSource {
  return (db) => {
    void path;
    return new ScanSource(db, clock, mode === 'scan' ? 'chosen' : 'unsupported');
  };
}

/** Where the WAL cannot be followed. */
export function fallBack(clock: Clock): OpenSource {
  return (db: MessagesDb) => new ScanSource(db, clock, 'self_test_failed');
}
