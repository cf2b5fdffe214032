import { setTimeout as pause } from 'node:timers/promises';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { sharedMs, startChild, type BenchChild } from './capture-child.ts';
import { collectedSchema, echoAddressSchema, type Collected } from './events-protocol.ts';
import { spread, type Spread } from './capture-phase.ts';

const COLLECT_LIMIT_MS = 180_000;

/** What a number of readers got of what happened meanwhile. */
export interface Delivery {
  readonly events: number;
  /** From the commit, or the sending, to each reader. */
  readonly delay: Spread;
  /** From the first commit until every reader had all, over the number of events. */
  readonly perSecond: number;
  readonly connections: number;
  /** Readers that did not have each sequence once and in order. */
  readonly broken: number;
}

/** Where readers connect to, and behind what. */
export interface Place {
  readonly url: string;
  readonly authorization: string;
  readonly after: number;
}

export async function connectReaders(
  child: BenchChild,
  place: Place,
  options: { readonly readers: number; readonly churn: boolean; readonly seed: number },
): Promise<void> {
  await child.ask({ kind: 'connect', ...place, ...options });
}

/**
 * Waits until the readers have everything up to `head`, and judges it.
 * @param sentAt when each event was made, on the shared clock: by its guid, or else by its sequence
 */
export async function collect(
  child: BenchChild,
  { after }: Place,
  head: number,
  sentAt: ReadonlyMap<string, number>,
): Promise<Delivery> {
  const answer = await child.ask({ kind: 'collect', sequence: head, limitMs: COLLECT_LIMIT_MS });
  const { readers, guids } = collectedSchema.parse(answer);
  await child.ask({ kind: 'close' });
  const made = (sequence: number) => sentAt.get(guids.get(sequence) ?? String(sequence));
  const delays: number[] = [];
  let lastAt = 0;
  for (const { sequences, at } of readers) {
    sequences.forEach((sequence, index) => {
      const from = made(sequence);
      const arrivedAt = at[index] ?? Number.NaN;
      if (from !== undefined) {
        delays.push(arrivedAt - from);
        lastAt = Math.max(lastAt, arrivedAt);
      }
    });
  }
  const firstAt = [...sentAt.values()].reduce((least, at) => Math.min(least, at), Infinity);
  return {
    events: sentAt.size,
    delay: spread(delays),
    perSecond: sentAt.size / ((lastAt - firstAt) / 1000),
    connections: readers.reduce((sum, reader) => sum + reader.connections, 0),
    broken: readers.filter((reader) => !isWhole(reader, after, head)).length,
  };
}

function isWhole({ sequences }: Collected['readers'][number], after: number, head: number): boolean {
  return (
    sequences.length === head - after && sequences.every((sequence, index) => sequence === after + 1 + index)
  );
}

/** The floor: the same number of readers behind a server that only hands on, with frames of the same size. */
export async function measureEcho(
  readers: number,
  events: number,
  frameBytes: number,
  gapMs: number,
): Promise<Delivery> {
  const echo = startChild('echo');
  const child = startChild('readers');
  try {
    const { url } = echoAddressSchema.parse(await echo.ask({ kind: 'listen' }));
    const place = { url, authorization: '', after: 0 };
    await connectReaders(child, place, { readers, churn: false, seed: 1 });
    const source = new WebSocket(`${url}/source`);
    await once(source, 'open');
    const pace = { taken: 0 };
    source.on('message', () => {
      pace.taken += 1;
    });
    const padding = 'x'.repeat(frameBytes);
    const sentAt = new Map<string, number>();
    for (let sequence = 1; sequence <= events; sequence += 1) {
      const at = sharedMs();
      sentAt.set(String(sequence), at);
      source.send(`{"type":"event","event":{"sequence":${sequence},"pad":"${padding}"}}`);
      if (gapMs > 0) {
        await pause(gapMs);
      }
      // As many under way as a writer has in a transaction.
      while (sequence - pace.taken > 100) {
        await pause(1);
      }
    }
    const delivery = await collect(child, place, events, sentAt);
    source.terminate();
    return delivery;
  } finally {
    await Promise.all([child.end(), echo.end()]);
  }
}
