/** Looks now and then at what health cannot know from memory (the session, the clock, Node, the log, our own store) and keeps what it saw. */
export { createLookout } from './lookout.ts';
export type { Lookout } from './lookout.ts';
