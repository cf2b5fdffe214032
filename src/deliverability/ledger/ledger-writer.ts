import type { Store } from '../../store/index.ts';
import { contactRows, KEYWORD, withMessage, type ContactRow } from './contact-rows.ts';
import { UNKNOWN_CHAT, type Entry } from './entry.ts';
import { factRows, type FactRow, type NewFactRow } from './fact-rows.ts';
import { FAMILY, hourRows, SORT } from './hour-rows.ts';

const DAY_MS = 86_400_000;
/** Texts older than this matter to no rule. */
const TEXT_DAYS = 2;

/** What a record changed: a message that was not known, one that is known by now, or nothing. */
export type Recorded = 'new' | 'changed' | 'known';

export interface LedgerWriter {
  /** Counts a message, or learns what has changed of one. Call it inside the transaction that journals it. */
  record(entry: Entry, now: number): Recorded;
  /** Counts a message out that turned out not to have left; nothing else is ever taken back. */
  retract(source: string): void;
  /** Drops what no rule reads any more. */
  prune(now: number): void;
}

/**
 * Writes the ledger. Every figure depends on the messages alone and not on the order in which they became known: a
 * message that arrives late, or from history, changes what later ones were.
 */
export function ledgerWriter(store: Store): LedgerWriter {
  const contacts = contactRows(store);
  const facts = factRows(store);
  const hours = hourRows(store);
  const saveText = store.db.prepare<[number, number, number]>(
    `INSERT INTO ledger_texts (digest, contact, last_at) VALUES (?, ?, ?)
     ON CONFLICT (digest, contact) DO UPDATE SET last_at = MAX(last_at, excluded.last_at)`,
  );
  const setText = store.db.prepare<[number, number, number]>(
    'UPDATE ledger_texts SET last_at = ? WHERE digest = ? AND contact = ?',
  );
  const dropText = store.db.prepare<[number, number]>(
    'DELETE FROM ledger_texts WHERE digest = ? AND contact = ?',
  );
  const pruneTexts = store.db.prepare<[number]>('DELETE FROM ledger_texts WHERE last_at < ?');

  /** What a send was to its contact, by all that is known to have come before it. */
  const sortOf = (contact: number, at: number, id: number): number => {
    const opening = facts.lastInbound(contact, at, 'opening');
    if (opening !== null && at < opening + DAY_MS) {
      return SORT.reply;
    }
    if (facts.lastInbound(contact, at, 'any') !== null) {
      return SORT.reachOut;
    }
    const first = facts.firstSendTo(contact);
    const isFirst = first === null || first.id === id || at < first.at;
    return isFirst ? SORT.newConversation : SORT.reachOut;
  };

  const resort = (row: FactRow): void => {
    const sort = sortOf(row.contact, row.at, row.id);
    if (sort !== row.sort) {
      hours.add({ ...row, failed: row.error !== 0 }, -1);
      hours.add({ ...row, sort, failed: row.error !== 0 }, 1);
      facts.setSort(row.id, sort);
    }
  };

  /** Looks again at what a message of this moment can have changed for others. */
  const resortAround = (contact: ContactRow, at: number, isOut: boolean): void => {
    if (contact.last_out_at === null || contact.last_out_at < at) {
      return;
    }
    if (!isOut) {
      facts.sendsTo(contact.id, at, at + DAY_MS).forEach(resort);
    }
    // The newest that can have been, or have become, the first of all.
    const first = facts.firstSendTo(contact.id);
    if (first !== null) {
      resort(first);
    }
  };

  const insert = (entry: Entry, now: number): void => {
    const contact = contacts.ensure(entry.chat);
    const inbound = entry.isLate ? SORT.late : SORT.inbound;
    const row: NewFactRow = {
      source: entry.source,
      contact: contact.id,
      at: entry.at,
      is_out: entry.isOut ? 1 : 0,
      sort: entry.isOut ? sortOf(contact.id, entry.at, -1) : inbound,
      family: FAMILY[entry.family],
      error: entry.error,
      delivered_at: entry.deliveredAt,
      was_quiet: entry.wasQuiet ? 1 : 0,
      is_ours: entry.isOurs ? 1 : 0,
      text_digest: entry.digest,
      keyword: entry.keyword === null ? null : KEYWORD[entry.keyword],
      is_spam: entry.isSpam ? 1 : 0,
    };
    // One that was the first until now is one no longer.
    const formerFirst =
      entry.isOut && contact.first_out_at !== null && entry.at < contact.first_out_at
        ? facts.firstSendTo(contact.id)
        : null;
    facts.insert(row);
    hours.add({ ...row, failed: row.error !== 0 }, 1);
    if (row.is_out === 1 && row.text_digest !== null && row.at > now - TEXT_DAYS * DAY_MS) {
      saveText.run(row.text_digest, contact.id, row.at);
    }
    contacts.save(withMessage(contact, { ...entry, keyword: row.keyword }));
    if (formerFirst !== null) {
      resort(formerFirst);
    }
    resortAround(contact, entry.at, entry.isOut);
  };

  const chatOf = store.db.prepare<[number], string>('SELECT chat FROM ledger_contacts WHERE id = ?').pluck();
  const rowOf = store.db.prepare<[number], ContactRow>('SELECT * FROM ledger_contacts WHERE id = ?');

  const remove = (row: FactRow): void => {
    facts.remove(row.id);
    hours.add({ ...row, failed: row.error !== 0 }, -1);
    if (row.text_digest !== null) {
      const last = facts.lastOfText(row.contact, row.text_digest, row.at - TEXT_DAYS * DAY_MS);
      if (last === null) {
        dropText.run(row.text_digest, row.contact);
      } else {
        setText.run(last, row.text_digest, row.contact);
      }
    }
    const stored = rowOf.get(row.contact);
    if (stored !== undefined) {
      const contact = facts.recount(stored);
      contacts.save(contact);
      resortAround(contact, row.at, row.is_out === 1);
      const first = facts.firstSendTo(contact.id);
      if (first !== null) {
        resort(first);
      }
    }
  };

  const learn = (known: FactRow, entry: Entry, now: number): Recorded => {
    const isElsewhere =
      known.at !== entry.at ||
      known.family !== FAMILY[entry.family] ||
      (entry.chat !== UNKNOWN_CHAT && (chatOf.get(known.contact) ?? '') !== entry.chat);
    if (isElsewhere) {
      remove(known);
      // That it came late was seen when it came.
      insert(
        { ...entry, isLate: known.sort === SORT.late, isOurs: known.is_ours === 1 || entry.isOurs },
        now,
      );
      return 'changed';
    }
    const next = {
      id: known.id,
      error: entry.error,
      delivered_at: entry.deliveredAt ?? known.delivered_at,
      was_quiet: entry.wasQuiet ? 1 : 0,
      // An edit changes the text; what was sent first is what was sent.
      text_digest: known.text_digest ?? entry.digest,
      keyword: known.keyword ?? (entry.keyword === null ? null : KEYWORD[entry.keyword]),
    };
    const hasChanged =
      next.error !== known.error ||
      next.delivered_at !== known.delivered_at ||
      next.was_quiet !== known.was_quiet ||
      next.text_digest !== known.text_digest ||
      next.keyword !== known.keyword;
    if (!hasChanged) {
      return 'known';
    }
    if ((next.error !== 0) !== (known.error !== 0)) {
      hours.add({ ...known, failed: known.error !== 0 }, -1);
      hours.add({ ...known, failed: next.error !== 0 }, 1);
    }
    facts.update(next);
    if (known.is_out === 1 && known.text_digest === null && next.text_digest !== null) {
      saveText.run(next.text_digest, known.contact, known.at);
    }
    if (next.keyword !== known.keyword) {
      const contact = contacts.ensure(entry.chat);
      contacts.save(
        withMessage(contact, { ...entry, isLate: known.sort === SORT.late, keyword: next.keyword }),
      );
    }
    return 'changed';
  };

  return {
    record: (entry, now) => {
      const known = facts.bySource(entry.source);
      if (known !== null) {
        return learn(known, entry, now);
      }
      insert(entry, now);
      return 'new';
    },
    retract: (source) => {
      const known = facts.bySource(source);
      if (known !== null) {
        remove(known);
      }
    },
    prune: (now) => void pruneTexts.run(now - TEXT_DAYS * DAY_MS),
  };
}
