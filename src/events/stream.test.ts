import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { happen as happenIn } from '../../test/support/journal.ts';
import { WebSocket, WebSocketServer } from 'ws';
import { sequence, type Sequence } from '../domain/index.ts';
import { createLogger, ManualClock, systemClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createJournal, type Journal } from './journal.ts';
import { createStreamServer, type StreamServer } from './stream-server.ts';
import { STALL_MS } from './journal-pump.ts';
import { HEARTBEAT_MS } from './serve-reader.ts';
import type { StreamRequest } from './stream.ts';
import { createSubscribers, type Subscribers } from './subscribers.ts';

interface Frame {
  readonly type: string;
  readonly sequence?: number;
  readonly event?: { readonly sequence: number; readonly type: string };
  readonly reason?: string;
  readonly head_sequence?: number;
}

const DAY_MS = 86_400_000;

describe('the event stream', () => {
  let folder: string;
  let store: Store;
  let journal: Journal;
  let subscribers: Subscribers;
  let streams: StreamServer;
  let server: WebSocketServer;
  let clock: ManualClock;
  let request: StreamRequest;
  const clients: WebSocket[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-stream-'));
    store = openStore(folder);
    // Its timers stand still; the pump itself runs on the events of socket and journal.
    clock = new ManualClock(1_800_000_000_000);
    journal = createJournal({ store, clock, bridgeId: 'b', epoch: 'e1' });
    subscribers = createSubscribers(store, clock);
    streams = createStreamServer({
      journal,
      subscribers,
      clock,
      log: createLogger('silent'),
      bridgeId: 'b',
      healthStatus: () => 'healthy',
    });
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => streams.attach(socket, request));
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.terminate();
    }
    await streams.stop();
    server.close();
    store.close();
    rmSync(folder, { recursive: true });
  });

  const happen = (count: number) => happenIn(journal, count);

  const connect = (fields: Partial<StreamRequest> = {}) => {
    request = {
      after: null,
      epoch: null,
      types: null,
      lines: null,
      subscriber: null,
      keyId: 'k',
      execute: ({ command_id: id }) =>
        Promise.resolve({ type: 'command_result', command_id: id, result: 'accepted' }),
      ...fields,
    };
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    clients.push(socket);
    const frames: Frame[] = [];
    socket.on('message', (data: Buffer) => {
      const frame: Frame = JSON.parse(data.toString());
      frames.push(frame);
    });
    return { socket, frames, sequences: () => frames.flatMap((frame) => frame.event?.sequence ?? []) };
  };

  const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
  const after = (value: number): { after: Sequence } => ({ after: sequence(value) });

  it('replays what came after the given sequence, says caught_up, and goes on live', async () => {
    happen(600);
    const { frames, sequences } = connect(after(2));
    await until(() => expect(frames.at(-1)).toMatchObject({ type: 'caught_up', sequence: 600 }));
    happen(2);
    await until(() => expect(sequences().at(-1)).toBe(602));
    expect(frames[0]).toMatchObject({ type: 'hello', head_sequence: 600 });
    expect(sequences()).toEqual(Array.from({ length: 600 }, (_, index) => index + 3));
  });

  it('starts at the head where nothing is asked for', async () => {
    happen(5);
    const { frames, sequences } = connect();
    await until(() => expect(frames.at(-1)).toMatchObject({ type: 'caught_up', sequence: 5 }));
    happen(1);
    await until(() => expect(sequences()).toEqual([6]));
  });

  it('filters by type without losing its place', async () => {
    happen(3);
    const { frames, sequences } = connect({ ...after(0), types: new Set(['bridge.gap']) });
    await until(() => expect(frames.at(-1)).toMatchObject({ type: 'caught_up', sequence: 3 }));
    expect(sequences()).toEqual([]);
  });

  it.each([
    ['epoch_changed', { after: sequence(1), epoch: 'other' }],
    ['ahead_of_head', { after: sequence(99) }],
  ])('tells of a gap (%s) and replays from the oldest', async (reason, fields) => {
    happen(3);
    const { frames, sequences } = connect(fields);
    await until(() => expect(sequences()).toEqual([1, 2, 3]));
    expect(frames[1]).toMatchObject({ type: 'gap', reason });
  });

  it('tells of a gap where retention has removed what was asked for', async () => {
    happen(3);
    clock.advance(2 * DAY_MS);
    happen(1);
    expect(journal.prune({ ms: DAY_MS, bytes: 0, maxBytes: Infinity }, 100)).toBe(3);
    const { frames, sequences } = connect(after(1));
    await until(() => expect(sequences()).toEqual([4]));
    expect(frames[1]).toMatchObject({ type: 'gap', from: 2, to: 3, reason: 'retention' });
    happen(1);
    await until(() => expect(sequences()).toEqual([4, 5]));
  });

  it('resumes a named subscriber from its last ack, and takes no ack for what was not sent', async () => {
    happen(4);
    const first = connect({ ...after(0), subscriber: 'controller' });
    await until(() => expect(first.sequences()).toHaveLength(4));
    first.socket.send(JSON.stringify({ type: 'ack', sequence: 999 }));
    first.socket.send(JSON.stringify({ type: 'ack', sequence: 3 }));
    await until(() => expect(subscribers.cursor('k', 'controller')).toBe(3));
    first.socket.terminate();
    const second = connect({ subscriber: 'controller' });
    await until(() => expect(second.sequences()).toEqual([4]));
  });

  it('goes on when an ack cannot be kept, and turns a reader away whose cursor cannot be read', async () => {
    const failing = createStreamServer({
      journal,
      subscribers: {
        cursor: (_, name) => {
          if (name === 'unlucky') {
            throw new Error('SQLITE_FULL');
          }
          return null;
        },
        advance: (_, __, to) => {
          if (to > 0) {
            throw new Error('SQLITE_BUSY');
          }
        },
      },
      clock,
      log: createLogger('silent'),
      bridgeId: 'b',
      healthStatus: () => 'healthy',
    });
    server.removeAllListeners('connection');
    server.on('connection', (socket) => failing.attach(socket, request));
    happen(1);
    const lucky = connect({ ...after(0), subscriber: 'lucky' });
    await until(() => expect(lucky.sequences()).toEqual([1]));
    lucky.socket.send(JSON.stringify({ type: 'ack', sequence: 1 }));
    happen(1);
    await until(() => expect(lucky.sequences()).toEqual([1, 2]));
    const unlucky = connect({ subscriber: 'unlucky' });
    const [code] = await once(unlucky.socket, 'close');
    expect(code).toBe(1013);
    lucky.socket.terminate();
    await failing.stop();
  });

  it('closes on a frame that it does not know', async () => {
    const { socket, frames } = connect();
    await until(() => expect(frames).not.toHaveLength(0));
    socket.send('not json');
    const [code] = await once(socket, 'close');
    expect(code).toBe(4400);
  });

  it('beats every 15 seconds and drops a reader that answers no ping', async () => {
    const { socket, frames } = connect();
    await until(() => expect(frames.at(-1)?.type).toBe('caught_up'));
    clock.advance(HEARTBEAT_MS);
    await until(() => expect(frames.at(-1)).toMatchObject({ type: 'heartbeat', head_sequence: 0 }));
    socket.pause();
    const closed = once(socket, 'close');
    clock.advance(HEARTBEAT_MS * 4);
    socket.resume();
    await closed;
    await until(() => expect(streams.count()).toBe(0));
  });

  it('cuts a reader that takes nothing, and holds no more than a page and a buffer for it', async () => {
    const slow = createStreamServer({
      journal,
      subscribers,
      // Real timers for the watch on the buffer, a time that we move.
      clock: {
        now: () => clock.now(),
        uptimeMs: () => clock.uptimeMs(),
        after: (ms, run) => systemClock().after(ms, run),
        every: (ms, run) => systemClock().every(ms, run),
      },
      log: createLogger('silent'),
      bridgeId: 'b',
      healthStatus: () => 'healthy',
    });
    server.removeAllListeners('connection');
    let serverSide: WebSocket | null = null;
    server.on('connection', (socket) => {
      serverSide = socket;
      slow.attach(socket, request);
    });
    journal.write((append) => {
      for (let index = 0; index < 20_000; index += 1) {
        append({ type: 'bridge.health_changed', status: 'healthy', codes: ['x'.repeat(2_000)] });
      }
    });
    const { socket } = connect(after(0));
    await once(socket, 'open');
    socket.pause();
    const buffered = () => serverSide?.bufferedAmount ?? 0;
    await until(() => expect(buffered()).toBeGreaterThan(1_000_000));
    expect(buffered()).toBeLessThan(4_000_000);
    // The kernel's buffers may take some more first: only from then on does the reader stand still.
    await until(() => {
      clock.advance(STALL_MS);
      expect(slow.count()).toBe(0);
    });
    socket.resume();
    const [code] = await once(socket, 'close');
    expect([1013, 1006]).toContain(code);
  });

  it('survives a client that vanishes in the middle of a replay', async () => {
    happen(5_000);
    const { socket, frames } = connect(after(0));
    await until(() => expect(frames.length).toBeGreaterThan(10));
    socket.terminate();
    await until(() => expect(streams.count()).toBe(0));
  });
});
