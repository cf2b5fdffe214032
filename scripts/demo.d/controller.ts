import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** An event as a controller receives it. */
export interface Event {
  readonly sequence: number;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a controller does: follows the event stream, and asks for texts to be sent. */
export interface Controller {
  readonly events: readonly Event[];
  send(to: string, text: string): Promise<string>;
  health(): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when an event fits; rejects after 20 s, naming what was waited for. */
  until(what: string, fits: (event: Event) => boolean): Promise<Event>;
  close(): void;
}

export async function connectController(
  url: string,
  key: string,
  onEvent: (event: Event) => void,
): Promise<Controller> {
  const headers = { authorization: `Bearer ${key}` };
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/events/stream?after=0`, { headers });
  const events: Event[] = [];
  socket.on('message', (data: Buffer) => {
    const frame: { type: string; event?: Event } = JSON.parse(data.toString('utf8'));
    if (frame.type === 'event' && frame.event !== undefined) {
      events.push(frame.event);
      onEvent(frame.event);
    }
  });
  await once(socket, 'open');
  return {
    events,
    send: async (to, text) => {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'idempotency-key': `demo-${events.length}-${to}`,
        },
        body: JSON.stringify({ to, text }),
      });
      const answer: { id?: string; error?: { message: string } } = JSON.parse(await response.text());
      if (answer.id === undefined) {
        throw new Error(`The daemon refused a message: ${answer.error?.message ?? response.status}`);
      }
      return answer.id;
    },
    health: async () => {
      const response = await fetch(`${url}/health`, { headers });
      const body: Record<string, unknown> = JSON.parse(await response.text());
      return body;
    },
    until: async (what, fits) => {
      for (const started = Date.now(); ; await pause(10)) {
        const event = events.find(fits);
        if (event !== undefined) {
          return event;
        }
        if (Date.now() - started > 20_000) {
          throw new Error(`Waited 20 s for ${what}, and it did not come.`);
        }
      }
    },
    close: () => socket.terminate(),
  };
}
