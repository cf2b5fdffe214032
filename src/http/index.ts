/** The door: REST under `/v1`, keys, errors, health, and the WebSocket that the event stream goes through. */
export { CONTROLLER_GRANT } from './commands.ts';
export type { Commands } from './commands.ts';
export { createHttp } from './create-http.ts';
export type { Http } from './create-http.ts';
export { journalPort, streamPort } from './journal-port.ts';
export { createKeys } from './keys.ts';
export type { Keys, StoredKey } from './keys.ts';
export type { OperationsPort } from './operations-port.ts';
