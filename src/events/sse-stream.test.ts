import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sequence } from '../domain/index.ts';
import { createLogger, ManualClock, systemClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { STALL_MS } from './journal-pump.ts';
import { createJournal, type Journal } from './journal.ts';
import type { SseRequest } from './sse-stream.ts';
import { createStreamServer, type StreamServer } from './stream-server.ts';
import { createSubscribers } from './subscribers.ts';

let folder: string;
let store: Store;
let journal: Journal;
let streams: StreamServer;
let server: Server;
let clock: ManualClock;
let request: SseRequest;
let response: ServerResponse | null = null;
let end: (reason: string) => void = () => {};
const stops: AbortController[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-sse-'));
  store = openStore(folder);
  clock = new ManualClock(1_800_000_000_000);
  journal = createJournal({ store, clock, bridgeId: 'b', epoch: 'e1' });
  streams = createStreamServer({
    journal,
    subscribers: createSubscribers(store, clock),
    // Real timers for the watch on the buffer, a time that we move.
    clock: {
      now: () => clock.now(),
      uptimeMs: () => clock.uptimeMs(),
      after: (ms, run) => systemClock().after(ms, run),
      every: (ms, run) => (ms > 1_000 ? clock : systemClock()).every(ms, run),
    },
    log: createLogger('silent'),
    bridgeId: 'b',
    healthStatus: () => 'healthy',
  });
  server = createServer((_, answer) => {
    response = answer;
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    const reader = streams.attachSse(answer, request);
    end = (reason) => reader.end(reason);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  stops.splice(0).forEach((stop) => stop.abort());
  await streams.stop();
  server.closeAllConnections();
  server.close();
  store.close();
  rmSync(folder, { recursive: true });
});

const happen = (count: number, padding = '1') =>
  journal.write((append) => {
    for (let index = 0; index < count; index += 1) {
      append({ type: 'bridge.started', version: padding });
    }
  });

async function connect(fields: Partial<SseRequest> = {}) {
  request = { after: null, epoch: null, types: null, lines: null, ...fields };
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = new AbortController();
  stops.push(stop);
  const answer = await fetch(`http://127.0.0.1:${port}`, { signal: stop.signal });
  let text = '';
  let isOver = false;
  const read = async () => {
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  return { text: () => text, isOver: () => isOver };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

it('replays what came after, says caught_up, and goes on live', async () => {
  happen(3);
  const { text } = await connect({ after: sequence(1), epoch: 'e1' });
  await until(() => expect(text()).toContain('event: caught_up\ndata: {"sequence":3}\n\n'));
  happen(1);
  await until(() => expect(text()).toContain('id: e1/4\n'));
  expect(text()).toMatch(
    /^retry: 1000\n\nevent: hello\ndata: \{"bridge_id":"b","epoch":"e1","head_sequence":3,"oldest_sequence":1,[^\n]+\n\nid: e1\/2\ndata: \{[^\n]+"sequence":2,[^\n]+\n\nid: e1\/3\n/u,
  );
});

it('names the gap, and goes on from the oldest', async () => {
  happen(2);
  const { text } = await connect({ after: sequence(1), epoch: 'another' });
  await until(() => expect(text()).toContain('caught_up'));
  expect(text()).toMatch(/event: gap\ndata: \{[^\n]*"reason":"epoch_changed"\}\n\nid: e1\/1\n/u);
});

it('filters, and shows by comments that it is alive', async () => {
  happen(2);
  const { text } = await connect({ after: sequence(0), types: new Set(['bridge.gap']) });
  await until(() => expect(text()).toContain('caught_up'));
  clock.advance(15_000);
  await until(() => expect(text()).toContain(': heartbeat 2 healthy\n\n'));
  expect(text()).not.toContain('id: ');
});

it('says why it ends', async () => {
  const reader = await connect();
  await until(() => expect(reader.text()).toContain('caught_up'));
  end('key_revoked');
  await until(() => expect(reader.isOver()).toBe(true));
  expect(reader.text()).toMatch(/event: end\ndata: \{"reason":"key_revoked"\}\n\n$/u);
  expect(streams.count()).toBe(0);
});

it('cuts a reader that takes nothing, and holds little for it', async () => {
  happen(12_000, 'x'.repeat(3_000));
  request = { after: sequence(0), epoch: null, types: null, lines: null };
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = new AbortController();
  stops.push(stop);
  // Its body is never read. It is kept until the end, as fetch ends the connection of an answer that is collected.
  const unread = await fetch(`http://127.0.0.1:${port}`, { signal: stop.signal });
  const buffered = () => response?.writableLength ?? 0;
  await until(() => expect(buffered()).toBeGreaterThan(1_000_000));
  expect(buffered()).toBeLessThan(2_000_000);
  await until(() => {
    clock.advance(STALL_MS);
    expect(streams.count()).toBe(0);
  });
  expect(response?.destroyed).toBe(true);
  expect(unread.bodyUsed).toBe(false);
});
