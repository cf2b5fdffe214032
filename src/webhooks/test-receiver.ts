import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { z } from 'zod';
import type { Clock } from '../runtime/index.ts';

const bodySchema = z.looseObject({
  id: z.string(),
  sequence: z.int(),
  data: z.looseObject({ chat_id: z.string().optional() }),
});

/** A request as it came in. */
export interface Arrival {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** By the bridge's clock. */
  readonly at: number;
  readonly event: z.infer<typeof bodySchema>;
  /** How it was answered; `null` while it was not, or not wholly. */
  status: number | null;
}

/** What a receiver does with a request. */
export type Behaviour = (response: ServerResponse, arrival: Arrival) => void;

export interface Receiver {
  readonly url: string;
  readonly arrivals: Arrival[];
  behave: Behaviour;
  /** Nothing listens at its address any more. */
  close(): Promise<void>;
  /** It listens there again. */
  reopen(): Promise<void>;
}

export const answer =
  (status: number, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response, arrival) => {
    arrival.status = status;
    response.writeHead(status, headers).end(status === 204 ? undefined : `status ${status}`);
  };

/** Takes the request and says nothing. */
export const hang: Behaviour = () => undefined;

/** Ends the connection before it has answered. */
export const drop: Behaviour = (response) => void response.socket?.destroy();

/** Says 200, and goes away in the middle of the body. */
export const breakOff: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('the first half', () => response.socket?.destroy());
};

/** A receiver on a real socket. */
export async function startReceiver(clock: Clock): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const arrival: Arrival = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        at: clock.now(),
        event: bodySchema.parse(JSON.parse(body)),
        status: null,
      };
      arrivals.push(arrival);
      receiver.behave(response, arrival);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    arrivals,
    behave: answer(200),
    close: async () => {
      if (!server.listening) {
        return;
      }
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    reopen: async () => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
  return receiver;
}

/** Verifies a request with the public package, at the moment at which it came. @throws if the signature does not fit */
export function verify(arrival: Arrival, secret: string): void {
  const now = vi.spyOn(Date, 'now').mockReturnValue(arrival.at);
  try {
    const headers = Object.fromEntries(
      Object.entries(arrival.headers).map(([name, value]) => [name, String(value)]),
    );
    new Webhook(secret).verify(arrival.body, headers);
  } finally {
    now.mockRestore();
  }
}
