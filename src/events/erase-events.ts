import { ERASED } from '../contract/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Sequences looked at in one transaction: others have the store in between. */
const SLICE = 1_000;

/**
 * Takes what it says from every event in whose data one of the words stands as a whole value. The event stays under its
 * sequence and id, so that readers meet no hole, as one of the type `event.erased`. Others have their turn in between;
 * a second run goes on where one was cut off.
 * @returns how many events that was
 */
export async function eraseEvents(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  words: readonly string[],
): Promise<number> {
  const { db } = store;
  // As JSON, with its quotes, a value stands in the body as it stands in no text: there the quotes are escaped.
  const values = JSON.stringify(words.map((word) => JSON.stringify(word)));
  const bounds = db.prepare<[], { first: number | null; last: number | null }>(
    'SELECT MIN(sequence) AS first, MAX(sequence) AS last FROM journal',
  );
  const named = db.prepare<[number, number, string], { sequence: number; type: string; body: string }>(
    `SELECT sequence, type, body FROM journal WHERE sequence >= ? AND sequence < ? AND type <> '${ERASED}'
     AND EXISTS (SELECT 1 FROM json_each(?) WHERE instr(body, value) > 0)`,
  );
  const replace = db.prepare<[string, number]>(
    `UPDATE journal SET type = '${ERASED}', body = ? WHERE sequence = ?`,
  );
  const { first, last } = bounds.get() ?? { first: null, last: null };
  let erased = 0;
  for (let from = first ?? 1; from <= (last ?? 0); from += SLICE) {
    const found = named.all(from, from + SLICE, values);
    if (found.length > 0) {
      store.transaction(() => {
        for (const { sequence, type, body } of found) {
          replace.run(tombstone(type, body, clock.now()), sequence);
        }
      });
      erased += found.length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return erased;
}

function tombstone(type: string, body: string, at: number): string {
  const event: object = JSON.parse(body);
  return JSON.stringify({ ...event, type: ERASED, data: { erased_type: type, erased_at: at } });
}
