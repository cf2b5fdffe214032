import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { followEvents, type FeedReader } from './event-feed.ts';
import { createSession } from './session.ts';
import { until } from './test-terminal.ts';

/** A daemon's door that does what the test says, and remembers how it was asked. */
let server: Server;
let sockets: WebSocketServer;
let asked: string[] = [];
let behave: (socket: WebSocket, visit: number) => void = () => undefined;
let url = '';
const abort = { controller: new AbortController() };

beforeEach(async () => {
  asked = [];
  abort.controller = new AbortController();
  server = createServer();
  sockets = new WebSocketServer({ server, path: '/v1/events/stream' });
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    asked.push(`${request.url?.split('?')[1] ?? ''} ${request.headers.authorization ?? ''}`);
    behave(socket, asked.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(() => {
  abort.controller.abort();
  sockets.clients.forEach((client) => client.terminate());
  server.close();
});

function follow(wanted: { after: number | null } = { after: null }) {
  const told: unknown[] = [];
  const reader: FeedReader = {
    onEvent: (event) => told.push(event.sequence),
    onGap: (gap) => told.push(gap.reason),
    onCaughtUp: (sequence) => told.push(`caught up ${sequence}`),
    onBreak: () => told.push('break'),
  };
  const session = createSession(
    [],
    {
      stdin: process.stdin,
      stdout: { write: () => true },
      stderr: { write: () => true },
      signal: abort.controller.signal,
    },
    { BLUELINE_URL: url, BLUELINE_API_KEY: 'blk_1' },
  );
  return { told, done: followEvents(session, { after: wanted.after, types: null, lines: null }, reader) };
}

const say = (socket: WebSocket, ...frames: object[]) => {
  for (const frame of frames) {
    socket.send(JSON.stringify(frame));
  }
};
const hello = (epoch: string, head: number) => ({
  type: 'hello',
  epoch,
  head_sequence: head,
  oldest_sequence: 1,
});
const event = (sequence: number) => ({ type: 'event', event: { type: 'bridge.started', sequence } });

describe('followEvents', () => {
  it('goes on behind the last event after a break, of the same epoch, until it is interrupted', async () => {
    behave = (socket, visit) => {
      if (visit === 1) {
        say(socket, hello('one', 7), { type: 'caught_up', sequence: 7 }, event(8), { type: 'news' });
        socket.close(1013);
      } else {
        say(socket, hello('one', 9), event(9));
      }
    };
    const { told, done } = follow();
    await until('the second event', () => told.includes(9));
    abort.controller.abort();
    await done;
    expect(told).toEqual(['caught up 7', 8, 'break', 9]);
    expect(asked).toEqual([' Bearer blk_1', 'after=8&epoch=one Bearer blk_1']);
  });

  it('begins a new epoch at its oldest event, even if the break comes before the gap was told', async () => {
    behave = (socket, visit) => {
      if (visit === 1) {
        say(socket, hello('one', 50), event(50));
        socket.close(1001);
      } else if (visit === 2) {
        say(socket, hello('two', 3));
        socket.close(1001);
      } else {
        say(socket, hello('two', 3), event(1));
      }
    };
    const { told, done } = follow({ after: 49 });
    await until('the first event of the new epoch', () => told.includes(1));
    abort.controller.abort();
    await done;
    expect(asked.map((query) => query.split(' ')[0])).toEqual([
      'after=49',
      'after=50&epoch=one',
      'after=0&epoch=two',
    ]);
  });

  it('tells of a gap and goes on behind it', async () => {
    behave = (socket, visit) => {
      if (visit === 1) {
        say(socket, hello('one', 30), { type: 'gap', from: 3, to: 20, reason: 'retention' });
        socket.close(1001);
      }
    };
    const { told, done } = follow({ after: 2 });
    await until('a second visit', () => asked.length === 2);
    abort.controller.abort();
    await done;
    expect(told).toEqual(['retention', 'break']);
    expect(asked[1]).toMatch(/^after=20&epoch=one/u);
  });

  it('ends when the key is revoked, instead of trying for ever', async () => {
    behave = (socket) => {
      say(socket, hello('one', 1));
      socket.close(4401);
    };
    await expect(follow().done).rejects.toMatchObject({ exit: 3 });
  });

  it('ends where there is no daemon to begin with', async () => {
    sockets.close();
    server.close();
    await expect(follow().done).rejects.toMatchObject({ exit: 6, code: 'daemon_unreachable' });
  });
});
