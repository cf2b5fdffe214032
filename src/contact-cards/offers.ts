import { chatKey, instant, type ChatKey, type Instant } from '../domain/index.ts';
import type { Store } from '../store/index.ts';

/**
 * How far the line's own card is with a contact. `wrote`: the contact has written, and nothing was said before. `due`:
 * we have answered. `sending`: it is being handed over. `done`: it was, or there is no need.
 */
type OfferState = 'wrote' | 'due' | 'sending' | 'done';

export interface Offer {
  readonly chat: ChatKey;
  readonly state: OfferState;
  /** When it came to stand so. */
  readonly since: Instant;
}

/** May be called within a transaction. */
export interface Offers {
  find(chat: ChatKey): Offer | null;
  save(chat: ChatKey, state: OfferState, at: Instant): void;
  /** Those that something is to be done for, the oldest first. */
  open(limit: number): readonly Offer[];
}

interface Row {
  readonly chat: string;
  readonly state: OfferState;
  readonly since: number;
}

export function createOffers({ db }: Store): Offers {
  const find = db.prepare<[string], Row>('SELECT * FROM contact_card_offers WHERE chat = ?');
  const save = db.prepare<[string, string, number]>(
    'INSERT OR REPLACE INTO contact_card_offers (chat, state, since) VALUES (?, ?, ?)',
  );
  const open = db.prepare<[number], Row>(
    `SELECT * FROM contact_card_offers WHERE state IN ('due', 'sending') ORDER BY since, chat LIMIT ?`,
  );
  return {
    find: (chat) => {
      const row = find.get(chat);
      return row === undefined ? null : toOffer(row);
    },
    save: (chat, state, at) => void save.run(chat, state, at),
    open: (limit) => open.all(limit).map(toOffer),
  };
}

function toOffer({ chat, state, since }: Row): Offer {
  return { chat: chatKey('direct', chat.slice('direct:'.length)), state, since: instant(since) };
}
