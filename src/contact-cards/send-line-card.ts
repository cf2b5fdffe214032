import type { Command, ChatKey, Handle, Instant, ServiceChoice, Target } from '../domain/index.ts';
import type { ContactCards } from './contact-cards.ts';
import type { CardHandOver } from './auto-card.ts';
import { lineCard } from './line-card.ts';

/** Whose uploads and commands they are; no API key has such an id. */
const OWNER = 'contact_card';

/** What takes the card and sends it; the rooms for that lie above. */
export interface CardCarriers {
  readonly uploads: {
    receive(request: {
      readonly keyId: string;
      readonly name: string | null;
      readonly declaredType: string | null;
      readonly announcedBytes: number;
      readonly content: AsyncIterable<Uint8Array>;
    }): Promise<
      | { readonly outcome: 'stored'; readonly upload: { readonly id: string } }
      | { readonly outcome: 'refused' }
    >;
  };
  readonly outbox: {
    accept(request: {
      readonly keyId: string;
      readonly idempotencyKey: string;
      readonly requestHash: string;
      readonly target: Target;
      readonly text: null;
      readonly files: readonly string[];
      readonly line: Handle | null;
      readonly service: ServiceChoice;
      readonly fallback: null;
      readonly notBefore: Instant | null;
      readonly afterReply: boolean;
      readonly expiresAt: Instant | null;
      readonly metadata: null;
      readonly optIn: null;
      readonly onLimit: 'queue';
    }): Promise<
      | { readonly outcome: 'accepted' | 'replayed'; readonly command: Command }
      | { readonly outcome: 'conflict' | 'refused' }
    >;
  };
}

/** Sends the line's own card to a chat, through the outbox as anything else. */
export function createLineCardSender(deps: {
  readonly cards: ContactCards;
  readonly carriers: CardCarriers;
  /** The line that sends; `null` while none is known. */
  readonly line: () => Handle | null;
  readonly backups: readonly Handle[];
  readonly name: string | null;
  readonly organization: string | null;
}): (chat: ChatKey, idempotencyKey: string) => Promise<CardHandOver> {
  const { cards, carriers, backups, name, organization } = deps;
  return async (chat, idempotencyKey) => {
    const line = deps.line();
    if (line === null) {
      return 'retry';
    }
    const card = cards.compose(lineCard({ line, backups, name, organization }));
    const bytes = Buffer.from(card.vcard, 'utf8');
    const stored = await carriers.uploads.receive({
      keyId: OWNER,
      name: card.name,
      declaredType: 'text/vcard',
      announcedBytes: bytes.length,
      content: once(bytes),
    });
    if (stored.outcome === 'refused') {
      return 'retry';
    }
    const result = await carriers.outbox.accept({
      keyId: OWNER,
      idempotencyKey,
      // The same whatever the card says by now: a contact gets one.
      requestHash: OWNER,
      target: { to: 'chat', chat },
      text: null,
      files: [stored.upload.id],
      line,
      service: 'auto',
      fallback: null,
      notBefore: null,
      afterReply: false,
      expiresAt: null,
      metadata: null,
      optIn: null,
      onLimit: 'queue',
    });
    if (result.outcome === 'refused') {
      return 'refused';
    }
    if ('command' in result) {
      cards.remember(chat, result.command.id);
    }
    return 'sent';
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
