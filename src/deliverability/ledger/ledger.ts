import type { LimitRules } from '../../config/index.ts';
import type { ChatKey, CommandId, Instant, Message } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';
import { keywordOf } from '../keywords.ts';
import { textDigest } from '../masked-text.ts';
import type { Send } from '../send.ts';
import { accountLedger, type AccountLedger } from './account-figures.ts';
import { contactRows, type ContactRow } from './contact-rows.ts';
import { contactKey, entryOf, type Entry } from './entry.ts';
import { factsReader, standingOf, type FactsReader } from './ledger-facts.ts';
import { SORT } from './hour-rows.ts';
import { ledgerState } from './ledger-state.ts';
import { ledgerWriter, type Recorded } from './ledger-writer.ts';
import { reservationRows } from './reservations.ts';

/** How a live message came. */
export interface Arrival {
  readonly isLate: boolean;
  /** The command whose doing it was; `null` for a person's, and for theirs. */
  readonly command: CommandId | null;
}

/** The ledger: every message of the account, counted once, with what is reserved and what is on its way. */
export interface Ledger {
  readonly account: AccountLedger;
  readonly facts: FactsReader;
  contact(send: Pick<Send, 'chat'>): ContactRow | null;
  digest(text: string | null): number | null;
  /** Counts a message of the journal; `null` for what the ledger does not count. */
  record(message: Message, arrival: Arrival, now: Instant): { entry: Entry; recorded: Recorded } | null;
  /** Counts messages of history. */
  recordHistory(messages: readonly Message[], now: Instant): void;
  reserve(send: Send, at: Instant, dueAt: Instant, expiresAt: Instant): void;
  unreserve(id: string): void;
  /** A message is about to leave: it counts from now on, until its row takes its place. */
  commit(send: Send, part: number, at: Instant): void;
  /** It certainly did not leave. */
  retract(id: string, part: number): void;
  /** When the bridge last counted a live message. */
  lastSeenAt(): number | null;
  setTimeZone(chat: ChatKey, zone: string | null): void;
  prune(now: Instant): void;
}

export function createLedger(store: Store, words: () => LimitRules['recipient_opted_out']): Ledger {
  const state = ledgerState(store);
  const writer = ledgerWriter(store);
  const account = accountLedger(store);
  const contacts = contactRows(store);
  const reservations = reservationRows(store);
  const underWay = store.db
    .prepare<[string, string], string>(
      'SELECT source FROM ledger_facts WHERE source >= ? AND source < ? ORDER BY source LIMIT 1',
    )
    .pluck();
  const isKnown = store.db.prepare<[string], number>('SELECT 1 FROM ledger_facts WHERE source = ?').pluck();
  const digest = (text: string | null) => textDigest(state.digestKey, text);

  const read = (message: Message, isLate: boolean, isOurs: boolean): Entry | null =>
    entryOf(message, { isLate, isOurs, digest, keyword: (text) => keywordOf(text, words()) });

  /** The row of a message that was committed has come: it takes the place of what was counted for it. */
  const settle = (command: CommandId): void => {
    const source = underWay.get(`sending:${command}#`, `sending:${command}$`);
    if (source !== undefined) {
      writer.retract(source);
    }
  };

  const record = (entry: Entry, now: Instant): Recorded => {
    const recorded = writer.record(entry, now);
    if (recorded !== 'known') {
      account.touched(entry.at);
    }
    return recorded;
  };

  return {
    account,
    facts: factsReader(store, account),
    contact: ({ chat }) => contacts.find(contactKey(chat)),
    digest,
    record: (message, { isLate, command }, now) => {
      const entry = read(message, isLate, command !== null);
      if (entry === null) {
        return null;
      }
      if (command !== null && isKnown.get(entry.source) === undefined) {
        settle(command);
      }
      state.seen(now);
      return { entry, recorded: record(entry, now) };
    },
    recordHistory: (messages, now) => {
      for (const message of messages) {
        const entry = read(message, false, false);
        if (entry !== null) {
          record(entry, now);
        }
      }
    },
    reserve: (send, at, dueAt, expiresAt) => {
      const contact = contacts.ensure(contactKey(send.chat));
      const others = {
        except: send.id,
        now: at,
        after: -1,
        before: Number.MAX_SAFE_INTEGER,
        highest: SORT.newConversation,
      };
      const isReserved = reservations.toContact(contact.id, others).commands > 0;
      reservations.save({
        id: send.id,
        contact: contact.id,
        standing: standingOf(contact, at, isReserved),
        family: send.family,
        bubbles: send.bubbles,
        dueAt,
        expiresAt,
        digest: digest(send.text),
      });
    },
    unreserve: (id) => reservations.remove(id),
    commit: (send, part, at) => {
      reservations.release(send.id, send.bubbles - 1);
      const source = sourceOf(send.id, part);
      const entry: Entry = {
        source,
        chat: contactKey(send.chat),
        at,
        isOut: true,
        isLate: false,
        family: send.family,
        error: 0,
        deliveredAt: null,
        wasQuiet: false,
        isOurs: true,
        digest: digest(send.text),
        keyword: null,
        isSpam: false,
      };
      record(entry, at);
    },
    retract: (id, part) => {
      writer.retract(sourceOf(id, part));
      account.touched(0);
    },
    setTimeZone: (chat, zone) => contacts.save({ ...contacts.ensure(contactKey(chat)), time_zone: zone }),
    lastSeenAt: () => state.lastSeenAt(),
    prune: (now) => {
      writer.prune(now);
      reservations.prune(now);
    },
  };
}

/** Parts in the order in which they leave, as text sorts them. */
function sourceOf(id: string, part: number): string {
  return `sending:${id}#${String(part).padStart(4, '0')}`;
}
