/**
 * The identifiers that travel through the bridge. Each is a branded string or number, made only by the
 * functions of this file, so that a value of one kind cannot be handed where another is meant.
 */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** `message.guid`: opaque; an upper-case UUID on nearly every row. Unique within one chat.db. */
export type MessageGuid = Brand<string, 'MessageGuid'>;

/** A contact's canonical address: E.164 (`+15551234567`) or a lower-case e-mail; other senders (short codes, `urn:`) as stored, less the filter's mark behind a short code. */
export type Handle = Brand<string, 'Handle'>;

/**
 * `<style>:<chat_identifier>`, e.g. `direct:+15551234567`. The chat's guid is no key: macOS 26 renamed every one of them
 * to an `any;` prefix, and older systems keep one guid per service for the same person.
 */
export type ChatKey = Brand<string, 'ChatKey'>;

/** ROWID of `message`. Not in time order, and renumbered when Messages rebuilds its database. */
export type RowId = Brand<number, 'RowId'>;

/** Position in the journal: 1, 2, 3 … without gaps, within one epoch of one bridge. */
export type Sequence = Brand<number, 'Sequence'>;

/** `obx_…`: a command in the outbox. */
export type CommandId = Brand<string, 'CommandId'>;

/** Unix time in milliseconds. */
export type Instant = Brand<number, 'Instant'>;

export const messageGuid = (value: string): MessageGuid => value as MessageGuid;
export const handle = (value: string): Handle => value as Handle;
export const rowId = (value: number): RowId => value as RowId;
export const sequence = (value: number): Sequence => value as Sequence;
export const commandId = (value: string): CommandId => value as CommandId;
export const instant = (unixMs: number): Instant => unixMs as Instant;
export const chatKey = (style: 'direct' | 'group', identifier: string): ChatKey =>
  `${style}:${identifier}` as ChatKey;
