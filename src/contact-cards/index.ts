/** Contact cards: vCards as Messages reads them (3.0), made from fields or from a client's own, and whom they were sent to. */
export { createAutoCard, type AutoCard } from './auto-card.ts';
export { createContactCards, type ContactCards } from './contact-cards.ts';
export { createLineCardSender } from './send-line-card.ts';
