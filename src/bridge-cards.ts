import type { Config } from './config/index.ts';
import {
  createAutoCard,
  createContactCards,
  createLineCardSender,
  type AutoCard,
  type ContactCards,
} from './contact-cards/index.ts';
import type { Inbox } from './inbox/index.ts';
import { createSandbox, type Sandbox } from './onboarding/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr, type Clock, type Logger } from './runtime/index.ts';
import type { Store } from './store/index.ts';
import type { Uploads } from './uploads/index.ts';

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lineCard: Config['lineCard'];
  readonly inbox: Inbox;
  readonly uploads: Uploads;
  readonly outbox: Outbox;
}

/** The part of the composition root that is about new contacts: cards, the line's own among them, and the sandbox. */
export function createBridgeCards(parts: Parts): {
  readonly contactCards: ContactCards;
  readonly sandbox: Sandbox;
  readonly autoCard: AutoCard;
} {
  const { store, clock, log, lineCard, inbox, uploads, outbox } = parts;
  const contactCards = createContactCards({ store, clock });
  const autoCard = createAutoCard({
    store,
    clock,
    log: log.child({ room: 'contact-cards' }),
    isOn: lineCard.isSent,
    // A contact of whom that cannot be told gets none.
    hadExchange: (message) => readOr(true, () => inbox.hadExchange(message)),
    lastShare: (chat) => contactCards.lastShare(chat),
    send: createLineCardSender({
      ...lineCard,
      cards: contactCards,
      carriers: { uploads, outbox },
      line: () => inbox.lines.sendable(),
    }),
  });
  return { contactCards, sandbox: createSandbox({ store, clock }), autoCard };
}
