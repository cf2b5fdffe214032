/** What clients may read of Messages: its lines, chats and messages, with ids resolved and what we know beside them. */
export { chooseRoute } from './choose-route.ts';
export { createInbox } from './inbox.ts';
export type { Inbox } from './inbox.ts';
