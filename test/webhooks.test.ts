import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { cleanUp, atEnd } from './support/cleanup.ts';
import { makeHome, startBridge } from './support/bridge-process.ts';
import { startMac } from './support/mac.ts';
import { until } from './support/sending.ts';

const PEOPLE = ['+15550001111', '+15550002222', '+15550003333'];
const EACH = 40;

interface Arrival {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly id: string;
  readonly sequence: number;
  readonly text: string;
  readonly chat: string;
}

afterEach(cleanUp);

describe('a bridge that is killed in the middle of deliveries', () => {
  it('delivers every message, in the order of its chat, each under one id, however often it is killed', async () => {
    const arrivals: Arrival[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const event: { id: string; sequence: number; data: { text: string; chat_id: string } } =
          JSON.parse(body);
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        arrivals.push({
          headers,
          body,
          id: event.id,
          sequence: event.sequence,
          text: event.data.text,
          chat: event.data.chat_id,
        });
        const count = arrivals.length;
        // Every fifth is taken and never answered, or refused; the others only after a moment, in which a kill may come.
        setTimeout(() => {
          if (count % 10 === 0) {
            response.socket?.destroy();
          } else {
            response.writeHead(count % 5 === 0 ? 500 : 200).end();
          }
        }, 3);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const home = makeHome();
    const mac = await startMac();
    const start = () =>
      startBridge({
        home,
        database: mac.database,
        osascript: mac.osascript,
        environment: { BLUELINE_WEBHOOKS_RETRY_SECONDS: '[0.1, 0.1, 0.2, 0.5, 1]' },
      });
    let bridge = await start();
    const made = await bridge.request('POST', '/v1/webhooks', {
      url: `http://127.0.0.1:${port}/hook`,
      events: ['message.received'],
    });
    expect(made.status).toBe(201);
    const secret = String(made.body['secret']);
    const path = `/v1/webhooks/${String(made.body['id'])}`;

    const bursts = Promise.all(
      PEOPLE.map((from) =>
        mac.command({ command: 'burst', args: { count: EACH, from, text: `from ${from}`, gapMs: 5 } }),
      ),
    );
    for (const enough of [10, 50]) {
      await until(() => expect(arrivals.length).toBeGreaterThan(enough));
      await bridge.kill();
      bridge = await start();
    }
    await bursts;
    const total = PEOPLE.length * EACH;
    await until(() => expect(new Set(arrivals.map(({ id }) => id)).size).toBe(total));
    await until(async () => expect((await bridge.request('GET', path)).body['pending']).toBe(0));

    for (const { headers, body } of arrivals) {
      new Webhook(secret).verify(body, headers);
    }
    for (const tries of Map.groupBy(arrivals, ({ sequence }) => sequence).values()) {
      expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(new Set(tries.map(({ body }) => body)).size).toBe(1);
    }
    for (const inChat of Map.groupBy(arrivals, ({ chat }) => chat).values()) {
      const sequences = inChat.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    }
    const failed = await bridge.request('GET', `${path}/deliveries?state=failed`);
    expect(failed.body['data']).toEqual([]);
    expect(bridge.output()).not.toMatch(/whsec_|from \+1555|\+1555000/u);
  }, 60_000);
});
