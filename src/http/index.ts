/** The door: REST under `/v1`, keys, errors, health, and the WebSocket that the event stream goes through. */
export { createHttp } from './create-http.ts';
export type { Http, HttpConfig, HttpDeps } from './create-http.ts';
export { createKeys } from './keys.ts';
export type { CreatedKey, Keys, StoredKey } from './keys.ts';
export type {
  Grant,
  HealthPort,
  JournalPort,
  KeysPort,
  LineInfo,
  MessagesPort,
  OutboxPort,
  StreamPort,
  StreamRequest,
} from './ports.ts';
