/** What clients may read of Messages: its lines, chats and messages, with ids resolved and what we know beside them. */
export { addressOf, createInbox } from './inbox.ts';
export type { Inbox } from './inbox.ts';
