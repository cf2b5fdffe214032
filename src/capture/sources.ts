import type { Clock } from '../runtime/index.ts';
import type { OpenSource } from './change-source.ts';
import type { ModeChoice } from './protocol.ts';
import { ScanSource } from './scan-source.ts';
import { WalSource } from './wal-source.ts';

/** The source for a mode; `auto` begins with the WAL. */
export function sourceFor(mode: ModeChoice, path: string, clock: Clock): OpenSource {
  return (db) => (mode === 'scan' ? new ScanSource(db, clock, 'chosen') : new WalSource(db, path));
}

/** Where the WAL cannot be followed. */
export function fallBack(clock: Clock): OpenSource {
  return (db) => new ScanSource(db, clock, 'self_test_failed');
}
