import { commandId, type ChatKey, type CommandId } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { displayNameOf, toProperties, type ContactCard } from './contact-card.ts';
import { unescapeText } from './property.ts';
import { readVCard } from './read-vcard.ts';
import { toVersion3 } from './to-version-3.ts';
import { withoutControls, writeVCard } from './write-vcard.ts';

/** A contact needs the card once; vendors share it at most once a day. */
const REMEMBERED_MS = 24 * 3_600_000;

/** A vCard 3.0, ready to be sent as a file. */
export interface ComposedCard {
  /** Of the file. */
  readonly name: string;
  readonly vcard: string;
}

export interface ContactCards {
  compose(card: ContactCard): ComposedCard;
  /** A client's own card, as version 3.0. `reason` is a sentence that quotes nothing of it. */
  convert(
    vcard: string,
  ):
    | { readonly outcome: 'converted'; readonly card: ComposedCard }
    | { readonly outcome: 'invalid'; readonly reason: string };
  /** The command that last shared a card in a chat within 24 hours; whether it succeeded is its own affair. */
  lastShare(chat: ChatKey): CommandId | null;
  /** A card is on its way to a chat. May be called within a transaction. */
  remember(chat: ChatKey, command: CommandId): void;
}

export function createContactCards({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): ContactCards {
  const last = store.db.prepare<[string, number], { command_id: string }>(
    'SELECT command_id FROM contact_card_shares WHERE chat = ? AND shared_at > ?',
  );
  const remember = store.db.prepare<[string, string, number]>(
    'INSERT OR REPLACE INTO contact_card_shares (chat, command_id, shared_at) VALUES (?, ?, ?)',
  );
  const forget = store.db.prepare<[number]>('DELETE FROM contact_card_shares WHERE shared_at <= ?');
  return {
    compose: (card) => ({ name: fileName(displayNameOf(card)), vcard: writeVCard(toProperties(card)) }),
    convert: (vcard) => {
      const read = readVCard(vcard);
      if (read.outcome === 'invalid') {
        return read;
      }
      const properties = toVersion3(read.properties);
      const shown = properties.find(({ name }) => name === 'FN')?.value ?? '';
      return {
        outcome: 'converted',
        card: { name: fileName(unescapeText(shown)), vcard: writeVCard(properties) },
      };
    },
    lastShare: (chat) => {
      const row = last.get(chat, clock.now() - REMEMBERED_MS);
      return row === undefined ? null : commandId(row.command_id);
    },
    remember: (chat, command) => {
      forget.run(clock.now() - REMEMBERED_MS);
      remember.run(chat, command, clock.now());
    },
  };
}

/** Named by what the written card shows; a slash in a name is no folder. */
function fileName(shown: string): string {
  return `${withoutControls(shown).replace(/[/\\]/gu, '-')}.vcf`;
}
