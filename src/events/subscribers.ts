import { sequence, type Sequence } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Durable cursors of named readers: how far each has told us that it is done. */
export interface Subscribers {
  cursor(name: string): Sequence | null;
  /** Moves a cursor forward; an older sequence than the kept one changes nothing. */
  advance(name: string, to: Sequence): void;
}

export function createSubscribers(store: Store, clock: Clock): Subscribers {
  const select = store.db.prepare<[string], { sequence: number }>(
    'SELECT sequence FROM subscribers WHERE name = ?',
  );
  const upsert = store.db.prepare<[string, number, number]>(
    `INSERT INTO subscribers (name, sequence, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET sequence = MAX(sequence, excluded.sequence), updated_at = excluded.updated_at`,
  );
  return {
    cursor: (name) => {
      const row = select.get(name);
      return row === undefined ? null : sequence(row.sequence);
    },
    advance: (name, to) => void upsert.run(name, to, clock.now()),
  };
}
