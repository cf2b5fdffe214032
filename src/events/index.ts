/** The journal of everything that happened, and the readers that follow it, each from its own cursor. */
export { eraseEvents } from './erase-events.ts';
export { CommandInlet } from './command-inlet.ts';
export { HIGH_WATER_BYTES, JournalPump } from './journal-pump.ts';
export { createJournal } from './journal.ts';
export type { Append, Journal, JournalFilter } from './journal.ts';
export { parseFrame } from './parse-frame.ts';
export { PingWatch } from './ping-watch.ts';
export { keepPruning } from './prune-journal.ts';
export { heartbeat, serveReader } from './serve-reader.ts';
export { startPosition } from './start-position.ts';
export { createStreamServer } from './stream-server.ts';
export type { StreamServer } from './stream-server.ts';
export { createSubscribers } from './subscribers.ts';
export type { Subscribers } from './subscribers.ts';
