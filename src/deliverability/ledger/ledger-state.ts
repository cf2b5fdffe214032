import { randomBytes } from 'node:crypto';
import type { Store } from '../../store/index.ts';

const KEY_BYTES = 32;
/** So often, and not with every message, is noted that the bridge runs; who reads it allows for a minute. */
const NOTE_MS = 10_000;

export interface LedgerState {
  /** Keys the digests of texts: without it, nobody can try out what a text was. */
  readonly digestKey: Buffer;
  /** When the bridge last counted a live message; `null` before the first. */
  lastSeenAt(): number | null;
  seen(at: number): void;
}

export function ledgerState(store: Store): LedgerState {
  const { db } = store;
  db.prepare<[Buffer]>('INSERT OR IGNORE INTO ledger_state (id, digest_key) VALUES (1, ?)').run(
    randomBytes(KEY_BYTES),
  );
  const key = db.prepare<[], Buffer>('SELECT digest_key FROM ledger_state WHERE id = 1').pluck().get();
  if (key === undefined) {
    throw new Error('a row that was just inserted is not there');
  }
  const lastSeenAt = db
    .prepare<[], number | null>('SELECT last_seen_at FROM ledger_state WHERE id = 1')
    .pluck();
  const seen = db.prepare<[number]>('UPDATE ledger_state SET last_seen_at = ? WHERE id = 1');
  let noted = Number.NEGATIVE_INFINITY;
  return {
    digestKey: key,
    lastSeenAt: () => lastSeenAt.get() ?? null,
    seen: (at) => {
      if (Math.abs(at - noted) >= NOTE_MS) {
        seen.run(at);
        noted = at;
      }
    },
  };
}
