import { describe, expect, it } from 'vitest';
import { anInbound } from '../../test/support/message.ts';
import { handle, instant, messageGuid, rowId, type Message } from '../domain/index.ts';
import type { MessageCursor, MessagesDb } from '../messages-db/index.ts';
import { searchMessages, type MessageQuery } from './message-search.ts';

const APPLE_EPOCH_MS = 978_307_200_000;
const START = 1_700_000_000_000;
const LINES = [handle('+15559990000'), handle('owner@example.com')] as const;

/** Messages a second apart, `G0` the oldest, as chat.db pages them. */
function database(count: number, fields: (id: number) => Partial<Message> = () => ({})) {
  const rows = Array.from({ length: count }, (_, id) => {
    const sentAt = instant(START + id * 1_000);
    const cursor = { date: String(BigInt(sentAt - APPLE_EPOCH_MS) * 1_000_000n), rowId: rowId(id + 1) };
    const message = anInbound({ rowId: rowId(id + 1), guid: messageGuid(`G${id}`), sentAt, ...fields(id) });
    return { message, cursor };
  }).reverse();
  let asked = 0;
  const db: Pick<MessagesDb, 'messages'> = {
    messages: ({ before, limit }) => {
      asked += 1;
      return { items: rows.filter((row) => isBefore(row.cursor, before)).slice(0, limit) };
    },
  };
  return { rows, asked: () => asked, use: <T>(read: (one: typeof db) => T): T => read(db) };
}

function isBefore(cursor: MessageCursor, before: MessageCursor | null): boolean {
  if (before === null) {
    return true;
  }
  const difference = BigInt(cursor.date) - BigInt(before.date);
  return difference < 0n || (difference === 0n && cursor.rowId < before.rowId);
}

const query = (fields: Partial<MessageQuery> = {}): MessageQuery => ({
  chat: null,
  lines: null,
  since: null,
  until: null,
  isFromMe: null,
  service: null,
  kind: null,
  before: null,
  limit: 3,
  ...fields,
});
const guids = (found: { readonly items: readonly { readonly message: Message }[] }) =>
  found.items.map(({ message }) => message.guid);

describe('searchMessages', () => {
  it('reads no more than asked for when it filters nothing', async () => {
    const source = database(10);
    const found = await searchMessages(source, query());
    expect(guids(found)).toEqual(['G9', 'G8', 'G7']);
    expect([found.stoppedAt, source.asked()]).toEqual([null, 1]);
  });

  it('goes on behind a cursor, and ends at the oldest', async () => {
    const source = database(10);
    const before = source.rows[7]?.cursor ?? null;
    const found = await searchMessages(source, query({ before }));
    expect(guids(found)).toEqual(['G1', 'G0']);
    expect(found.stoppedAt).toBeNull();
  });

  it.each<[string, Partial<MessageQuery>, string[]]>([
    ['since, that moment included', { since: instant(START + 8_000) }, ['G9', 'G8']],
    ['until, that moment excluded', { until: instant(START + 2_000) }, ['G1', 'G0']],
    ['both', { since: instant(START + 3_000), until: instant(START + 4_000) }, ['G3']],
    ['an own side', { isFromMe: true }, ['G8', 'G4', 'G0']],
    ['a service in any case', { service: 'sms' }, ['G5', 'G0']],
    ['a kind', { kind: 'shareplay' }, ['G7']],
    ['a line', { lines: [LINES[1]], limit: 9 }, ['G9', 'G6', 'G3', 'G0']],
    ['no line at all', { lines: [] }, []],
    ['several at once', { lines: [LINES[0]], isFromMe: true }, ['G8', 'G4']],
  ])('keeps to %s', async (_, fields, expected) => {
    const source = database(10, (id) => ({
      isFromMe: id % 4 === 0,
      service: id % 5 === 0 ? 'SMS' : 'iMessage',
      line: id % 3 === 0 ? LINES[1] : LINES[0],
      ...(id === 7 ? { kind: { kind: 'shareplay' } } : {}),
    }));
    expect(guids(await searchMessages(source, query(fields)))).toEqual(expected);
  });

  it('never goes behind the cursor because of a later `until`', async () => {
    const source = database(10);
    const before = source.rows[7]?.cursor ?? null;
    const found = await searchMessages(source, query({ before, until: instant(START + 9_000) }));
    expect(guids(found)).toEqual(['G1', 'G0']);
  });

  it('leaves a page short rather than looking through everything, and says where to go on', async () => {
    const source = database(25_000, (id) => (id === 3 ? { service: 'RCS' } : {}));
    let before: MessageCursor | null = null;
    const pages: string[][] = [];
    do {
      const found = await searchMessages(source, query({ service: 'RCS', before }));
      pages.push(guids(found));
      before = found.stoppedAt;
    } while (before !== null);
    expect(pages).toEqual([[], [], ['G3']]);
  });
});
