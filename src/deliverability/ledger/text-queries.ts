import type { Store } from '../../store/index.ts';

/** As many contacts of one text are counted; no rule's limit is near it. */
const MOST_CONTACTS = 5_000;

/** Who got a text when last. */
export interface TextQueries {
  contacts(digest: number, after: number): number;
  /** When the contact at this place, oldest first, got it last. */
  sentAt(digest: number, after: number, place: number): number | null;
  hadIt(digest: number, contact: number, after: number): boolean;
}

export function textQueries(store: Store): TextQueries {
  const contacts = store.db
    .prepare<[number, number, number], number>(
      'SELECT COUNT(*) FROM (SELECT 1 FROM ledger_texts WHERE digest = ? AND last_at > ? LIMIT +?)',
    )
    .pluck();
  const sentAt = store.db
    .prepare<[number, number, number], number>(
      'SELECT last_at FROM ledger_texts WHERE digest = ? AND last_at > ? ORDER BY last_at LIMIT 1 OFFSET +?',
    )
    .pluck();
  const hadIt = store.db
    .prepare<[number, number, number], number>(
      'SELECT 1 FROM ledger_texts WHERE digest = ? AND contact = ? AND last_at > ?',
    )
    .pluck();
  return {
    contacts: (digest, after) => contacts.get(digest, after, MOST_CONTACTS) ?? 0,
    sentAt: (digest, after, place) => sentAt.get(digest, after, place) ?? null,
    hadIt: (digest, contact, after) => hadIt.get(digest, contact, after) !== undefined,
  };
}
