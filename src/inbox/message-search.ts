import { setImmediate as turn } from 'node:timers/promises';
import {
  rowId,
  type ChatKey,
  type Handle,
  type Instant,
  type Message,
  type MessageKind,
} from '../domain/index.ts';
import type { MessageCursor, MessagesDb } from '../messages-db/index.ts';

/** Messages looked at in one go: a short read, after which other requests have their turn. */
const SLICE = 250;
/** Messages looked at for one page; who filters finer than that gets a short page and goes on from there. */
const SEARCH_LIMIT = 10_000;

/** 2001-01-01 in Unix milliseconds: where chat.db's dates count from. */
const APPLE_EPOCH_MS = 978_307_200_000;
const NS_PER_MS = 1_000_000n;
/** Below every row: at a date that is itself excluded, none passes. */
const NO_ROW = rowId(0);

/** Which messages a page is to hold; `null` lets all pass. */
export interface MessageQuery {
  readonly chat: ChatKey | null;
  readonly lines: readonly Handle[] | null;
  /** Dated at or after. */
  readonly since: Instant | null;
  /** Dated before. */
  readonly until: Instant | null;
  readonly isFromMe: boolean | null;
  /** Compared without regard to case. */
  readonly service: string | null;
  readonly kind: MessageKind['kind'] | null;
  readonly before: MessageCursor | null;
  readonly limit: number;
}

export interface FoundMessages {
  readonly items: readonly { readonly message: Message; readonly cursor: MessageCursor }[];
  /** Where the search stopped before the page was full; `null` where it is full, or nothing is left. */
  readonly stoppedAt: MessageCursor | null;
}

/** Messages that a query asks for, newest first. What is inserted meanwhile moves no later page. */
export async function searchMessages(
  source: { use<T>(read: (db: Pick<MessagesDb, 'messages'>) => T): T },
  query: MessageQuery,
): Promise<FoundMessages> {
  const items: { message: Message; cursor: MessageCursor }[] = [];
  const isExact = !isFiltering(query);
  let before = startOf(query);
  let looked = 0;
  while (looked < SEARCH_LIMIT) {
    const limit = isExact ? query.limit - items.length : SLICE;
    const from = before;
    const page = source.use((db) => db.messages({ chat: query.chat, line: null, before: from, limit })).items;
    for (const item of page) {
      // Seconds-era dates sort below all others and are older too, so the first that is too old ends the search.
      if (query.since !== null && item.message.sentAt < query.since) {
        return { items, stoppedAt: null };
      }
      if (matches(item.message, query)) {
        items.push(item);
        if (items.length >= query.limit) {
          return { items, stoppedAt: null };
        }
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) {
      return { items, stoppedAt: null };
    }
    before = last.cursor;
    looked += page.length;
    await turn();
  }
  return { items, stoppedAt: before };
}

function isFiltering(query: MessageQuery): boolean {
  return query.lines !== null || query.isFromMe !== null || query.service !== null || query.kind !== null;
}

function matches(message: Message, query: MessageQuery): boolean {
  return (
    (query.until === null || message.sentAt < query.until) &&
    (query.lines === null || (message.line !== null && query.lines.includes(message.line))) &&
    (query.isFromMe === null || message.isFromMe === query.isFromMe) &&
    (query.service === null || message.service.toLowerCase() === query.service.toLowerCase()) &&
    (query.kind === null || message.kind.kind === query.kind)
  );
}

/** The cursor, or the end of the time asked for, whichever is earlier. */
function startOf({ before, until }: MessageQuery): MessageCursor | null {
  if (until === null) {
    return before;
  }
  const end = BigInt(until - APPLE_EPOCH_MS) * NS_PER_MS;
  return before !== null && BigInt(before.date) < end ? before : { date: String(end), rowId: NO_ROW };
}
