import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';

const KIM = '+15550001111';
const until = (check: () => void | Promise<void>, timeout = 25_000) =>
  vi.waitFor(check, { timeout, interval: 20 });

describe('a client of a bridge that is killed', () => {
  let mac: Mac;
  let bridge: BridgeProcess;
  let home: string;

  beforeEach(async () => {
    home = makeHome();
    mac = await startMac();
    bridge = await startBridge({ home, database: mac.database, osascript: mac.osascript });
  });

  afterEach(cleanUp);

  it('has every row once and in order, resuming from its last sequence', async () => {
    const first = bridge.stream();
    await until(() => expect(first.frames.at(-1)?.['type']).toBe('caught_up'));
    const burst = mac.command({ command: 'burst', args: { count: 500, from: KIM, text: 'row', gapMs: 2 } });
    await until(() => expect(texts(first.events()).length).toBeGreaterThan(50));
    await bridge.kill();
    bridge = await startBridge({ home, database: mac.database, osascript: mac.osascript });
    const last = first.events().at(-1)?.sequence ?? 0;
    const second = bridge.stream(`?after=${last}`);
    await burst;
    await until(() =>
      expect(texts(first.events()).length + texts(second.events()).length).toBeGreaterThanOrEqual(500),
    );
    const all = [...first.events(), ...second.events()];
    const sequences = all.map((event) => event.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
    const guids = all.flatMap((event) => (event.type === 'message.received' ? [event.data['guid']] : []));
    expect(guids).toHaveLength(500);
    expect(new Set(guids).size).toBe(500);
    expect(second.frames.some((frame) => frame['type'] === 'gap')).toBe(false);
    const listed = await bridge.request('GET', `/v1/messages?to=${encodeURIComponent(KIM)}&limit=200`);
    const { data } = listed.body;
    expect(data).toHaveLength(200);
    expect(Array.isArray(data) ? data.map((message: { guid: string }) => message.guid) : []).toEqual(
      guids.toReversed().slice(0, 200),
    );
  });

  it('learns of the database vanishing and coming back, and misses nothing written at once', async () => {
    const reader = bridge.stream();
    await until(() => expect(reader.frames.at(-1)?.['type']).toBe('caught_up'));
    await mac.command({ command: 'text', args: { from: KIM, text: 'before' } });
    await until(() => expect(texts(reader.events())).toEqual(['before']));
    await mac.command({ command: 'vanish' });
    await until(async () => expect((await bridge.request('GET', '/health')).status).toBe(503), 10_000);
    expect((await bridge.request('GET', '/health')).body['warnings']).toContainEqual(
      expect.objectContaining({ code: 'chat_db_missing' }),
    );
    expect((await bridge.request('GET', '/v1/chats')).status).toBe(503);
    await mac.command({ command: 'restore' });
    await mac.command({ command: 'text', args: { from: KIM, text: 'after' } });
    await until(() => expect(texts(reader.events())).toEqual(['before', 'after']));
    await until(async () => expect((await bridge.request('GET', '/health')).status).toBe(200), 10_000);
  });

  it.each(['quit', 'kill'] as const)(
    'goes on when Messages ends (%s) and comes back with a new -wal',
    async (end) => {
      const reader = bridge.stream();
      await until(() => expect(reader.frames.at(-1)?.['type']).toBe('caught_up'));
      for (const round of [1, 2, 3]) {
        await mac.command({ command: 'text', args: { from: KIM, text: `round ${round}` } });
        await mac.command({ command: end });
        await mac.command({ command: 'reopen' });
        await mac.command({ command: 'text', args: { from: KIM, text: `again ${round}` } });
      }
      await until(() => expect(texts(reader.events())).toHaveLength(6));
      expect(texts(reader.events())).toEqual([
        'round 1',
        'again 1',
        'round 2',
        'again 2',
        'round 3',
        'again 3',
      ]);
    },
  );
});

function texts(
  events: readonly { readonly type: string; readonly data: { readonly [name: string]: unknown } }[],
): unknown[] {
  return events.flatMap((event) => (event.type === 'message.received' ? [event.data['text']] : []));
}
