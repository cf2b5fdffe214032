import { sequence, type Sequence } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Durable cursors of named readers: how far each has told us that it is done. A name belongs to the key that uses it. */
export interface Subscribers {
  cursor(keyId: string, name: string): Sequence | null;
  /** Moves a cursor forward; an older sequence than the kept one changes nothing. */
  advance(keyId: string, name: string, to: Sequence): void;
}

export function createSubscribers(store: Store, clock: Clock): Subscribers {
  const select = store.db.prepare<[string, string], { sequence: number }>(
    'SELECT sequence FROM subscribers WHERE key_id = ? AND name = ?',
  );
  const upsert = store.db.prepare<[string, string, number, number]>(
    `INSERT INTO subscribers (key_id, name, sequence, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key_id, name) DO UPDATE SET sequence = MAX(sequence, excluded.sequence), updated_at = excluded.updated_at`,
  );
  return {
    cursor: (keyId, name) => {
      const row = select.get(keyId, name);
      return row === undefined ? null : sequence(row.sequence);
    },
    advance: (keyId, name, to) => void upsert.run(keyId, name, to, clock.now()),
  };
}
