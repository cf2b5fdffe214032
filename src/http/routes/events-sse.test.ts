import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lineId } from '../../contract/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import { ALIAS, createBench, LINE, type Bench } from '../test-bench.ts';

let bench: Bench;
let clock: ManualClock;
let url: string;
const stops: AbortController[] = [];

beforeEach(async () => {
  clock = new ManualClock(1_700_000_000_000);
  bench = createBench({ clock });
  ({ url } = await bench.http.listen());
});
afterEach(async () => {
  stops.splice(0).forEach((stop) => stop.abort());
  await bench.close();
});

async function read(key: string, query = '', headers: Readonly<Record<string, string>> = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const response = await fetch(`${url}/v1/events/sse${query}`, {
    signal: stop.signal,
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
  const text = response.text();
  // A test that leaves before the end cuts it off.
  text.catch(() => undefined);
  return { response, text };
}

describe('GET /v1/events/sse', () => {
  it('hands over what was asked for, and the place behind the last event', async () => {
    const { key } = bench.keys.create({ name: 'x' });
    const { response } = await read(key, `?after=3&epoch=a&types=message.sent&lines=${lineId(LINE)}`);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/u);
    await read(key, '?after=3', { 'last-event-id': 'b/9' });
    await read(key, '', { 'last-event-id': '5' });
    await read(bench.keys.create({ name: 'one', lines: [ALIAS] }).key);
    const none = { types: null, lines: null, epoch: null };
    expect(bench.rooms.sse).toEqual([
      { after: 3, epoch: 'a', types: ['message.sent'], lines: [lineId(LINE)] },
      { ...none, after: 9, epoch: 'b' },
      { ...none, after: 5 },
      { ...none, after: null, lines: [lineId(ALIAS)] },
    ]);
  });

  it.each<[string, string, (id: string) => void]>([
    ['revoked', 'key_revoked', (id) => bench.keys.revoke(id)],
    [
      'narrowed',
      'key_narrowed',
      (id) => bench.store.db.prepare("UPDATE api_keys SET scopes = '[]' WHERE id = ?").run(id),
    ],
  ])('ends within a second of its key being %s, and no other', async (_name, reason, change) => {
    const gone = bench.keys.create({ name: 'gone' });
    const stays = bench.keys.create({ name: 'stays' });
    const first = await read(gone.key);
    let isOver = false;
    const second = await read(stays.key);
    void second.text.then(
      () => (isOver = true),
      () => undefined,
    );
    change(gone.id);
    clock.advance(1_000);
    expect(await first.text).toContain(`event: end\ndata: ${reason}`);
    expect(isOver).toBe(false);
  });

  it('says goodbye at the stop', async () => {
    const { text } = await read(bench.keys.create({ name: 'x' }).key);
    await vi.waitFor(() => expect(bench.rooms.sse).toHaveLength(1));
    await bench.http.close();
    expect(await text).toContain('bridge_stopping');
  });

  it('opens nothing for HEAD', async () => {
    const { key } = bench.keys.create({ name: 'x' });
    const answer = await fetch(`${url}/v1/events/sse`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(404);
    expect(bench.rooms.sse).toEqual([]);
  });
});
