/**
 * How soon, how fast and how faithfully events reach their readers: `npm run bench:events [-- --events 50000] [--readers 20]
 * [--seed 1]`.
 *
 * A writer commits texts to chat.db as fast as it can; as many readers as asked for follow over WebSocket, and leave and
 * come back at random. Each has to have every sequence once and in order. A second, paced run shows the time from the
 * commit to each reader without a queue in between. The floor is a bare WebSocket server that hands frames of the same size
 * on to as many readers, measured in the same run. In the end one reader stands still, and the daemon's memory is looked
 * at. Ends with `N passed, N failed`. Needs Linux, for memory is read from /proc.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createChatDb } from '../src/simulator/index.ts';
import { startChild, type BenchChild } from './bench.d/capture-child.ts';
import { startDaemon, type CaptureDaemon } from './bench.d/capture-daemon.ts';
import { receiving } from './bench.d/capture-phase.ts';
import { writtenSchema, type Sample } from './bench.d/capture-protocol.ts';
import { collect, connectReaders, measureEcho, type Delivery, type Place } from './bench.d/events-measure.ts';
import { measureStalled, type StalledFigures } from './bench.d/events-stalled.ts';
import { readOptions } from './lib/options.ts';

/** Texts in a transaction of the burst. */
const PER_COMMIT = 100;
const PACED_EVENTS = 300;
/** The journal that the reader who stands still asks for. */
const STALLED_EVENTS = 20_000;
const PACED_GAP_MS = [15, 25] as const;
/** What an event frame weighs, about. */
const FRAME_BYTES = 1_250;
/** The bars. A paced event passes capture and a flush to the disk on its way, a burst also SQLite and 20 readers. */
const PACED_P99_MS = 250;
const SLOWER_THAN_ECHO = 10;
const STALLED_BYTES = 32_000_000;

const values = readOptions({
  events: { type: 'string', default: '50000' },
  readers: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
});
const events = Number(values.events);
const readers = Number(values.readers);

if (!existsSync('/proc/self/smaps_rollup')) {
  console.error('This needs Linux: memory is read from /proc.');
  process.exitCode = 2;
} else if (!Number.isSafeInteger(events) || events < 1_000 || !Number.isSafeInteger(readers) || readers < 1) {
  console.error('--events takes a whole number from 1000 on, --readers one from 1 on.');
  process.exitCode = 2;
} else {
  await run();
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-bench-events-'));
  const database = join(folder, 'chat.db');
  createChatDb(database, '26').close();
  const osascript = join(folder, 'osascript');
  writeFileSync(osascript, '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
  chmodSync(osascript, 0o755);
  const home = join(folder, 'home');
  mkdirSync(home);
  const writer = startChild('writer');
  let daemon: CaptureDaemon | null = null;
  try {
    await writer.ask({ kind: 'open', path: database });
    daemon = await startDaemon({ home, database, osascript, node: process.execPath });
    const subject = { daemon, home, writer };
    const paced = await follow(subject, false, async () =>
      samplesOf(await writer.ask({ kind: 'write', acts: receiving(PACED_EVENTS), gapMs: PACED_GAP_MS })),
    );
    const burst = await follow(subject, true, async () =>
      samplesOf(await writer.ask({ kind: 'burst', count: events, perTransaction: PER_COMMIT })),
    );
    // What the kernel takes for a reader that stands still must not be all there is.
    await writer.ask({
      kind: 'burst',
      count: Math.max(0, STALLED_EVENTS - events),
      perTransaction: PER_COMMIT,
    });
    await settledHead(subject, STALLED_EVENTS);
    const stalled = await measureStalled(daemon.pid, await placeOf(subject));
    const echoPaced = await measureEcho(readers, PACED_EVENTS, FRAME_BYTES, PACED_GAP_MS[0]);
    const echoBurst = await measureEcho(readers, events, FRAME_BYTES, 0);
    report({ paced, burst, stalled, echoPaced, echoBurst });
  } finally {
    await writer.end();
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${home}.log`, { force: true });
  }
}

interface Subject {
  readonly daemon: CaptureDaemon;
  readonly home: string;
  readonly writer: BenchChild;
}

/** Lets readers follow while something is written, and judges what they got. */
async function follow(
  subject: Subject,
  churn: boolean,
  write: () => Promise<readonly Sample[]>,
): Promise<Delivery> {
  const child = startChild('readers');
  try {
    const place = await placeOf(subject);
    await connectReaders(child, place, { readers, churn, seed: Number(values.seed) });
    const samples = await write();
    // The key is that of the event; what it is about stands behind its type.
    const sentAt = new Map(samples.map(({ key, before }) => [key.split(' ')[1] ?? '', before]));
    const head = await settledHead(subject, place.after + samples.length);
    return await collect(child, place, head, sentAt);
  } finally {
    await child.end();
  }
}

async function placeOf({ daemon, home }: Subject): Promise<Place> {
  const { url } = z
    .object({ url: z.string() })
    .parse(JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')));
  return {
    url: `${url.replace('http', 'ws')}/v1/events/stream`,
    authorization: `Bearer ${readFileSync(join(home, 'cli.key'), 'utf8').trim()}`,
    after: await headOf(daemon),
  };
}

async function headOf(daemon: CaptureDaemon): Promise<number> {
  return z.object({ last_sequence: z.number() }).parse(await daemon.request('/health')).last_sequence;
}

/** The head of the journal once it has all that was written: there may be events beside those of the texts. */
async function settledHead({ daemon }: Subject, least: number): Promise<number> {
  for (const until = performance.now() + 120_000; ; await pause(50)) {
    const head = await headOf(daemon);
    if (head >= least) {
      await pause(500);
      return headOf(daemon);
    }
    if (performance.now() > until) {
      throw new Error(`The journal stands at ${head}, and should be at ${least}.`);
    }
  }
}

function samplesOf(answer: unknown): readonly Sample[] {
  return writtenSchema.parse(answer).samples;
}

function report(figures: {
  readonly paced: Delivery;
  readonly burst: Delivery;
  readonly stalled: StalledFigures;
  readonly echoPaced: Delivery;
  readonly echoBurst: Delivery;
}): void {
  const { paced, burst, stalled, echoPaced, echoBurst } = figures;
  const row = (name: string, delivery: Delivery) =>
    console.log(
      `${name.padEnd(34)} ${String(Math.round(delivery.perSecond)).padStart(8)} events/s` +
        `   p50 ${ms(delivery.delay.p50)}   p99 ${ms(delivery.delay.p99)}   max ${ms(delivery.delay.max)}`,
    );
  console.log(`\n${readers} readers, from the commit in chat.db to each of them`);
  row(`burst of ${burst.events}, with breaks`, burst);
  row('  floor: bare ws echo', echoBurst);
  row(`${paced.events} one by one`, paced);
  row('  floor: bare ws echo', echoPaced);
  console.log(
    `burst: ${burst.connections - readers} times a reader left and came back; ` +
      `${(echoBurst.perSecond / burst.perSecond).toFixed(1)} times as fast is the floor; one by one p50 is ` +
      `${(paced.delay.p50 / echoPaced.delay.p50).toFixed(1)} times the floor`,
  );
  console.log(
    `one reader stands still: ${mb(stalled.beforeBytes)} MB before, ${mb(stalled.mostBytes)} MB at the most ` +
      `(${mb(stalled.mostBytes - stalled.beforeBytes)} MB more), cut after ${(stalled.cutAfterMs / 1000).toFixed(1)} s\n`,
  );
  const checks: readonly (readonly [string, boolean])[] = [
    [
      `each of ${readers} readers has every sequence once and in order, through the breaks`,
      burst.broken === 0,
    ],
    ['and without breaks', paced.broken === 0],
    ['every reader left and came back', burst.connections >= readers * 2],
    ['the floor lost nothing either', echoPaced.broken + echoBurst.broken === 0],
    [`one by one, p99 is at most ${PACED_P99_MS} ms`, paced.delay.p99 <= PACED_P99_MS],
    [
      `the burst is at most ${SLOWER_THAN_ECHO} times slower than the floor`,
      burst.perSecond * SLOWER_THAN_ECHO >= echoBurst.perSecond,
    ],
    ['a reader that stands still is cut', stalled.isCut],
    [`and costs at most ${mb(STALLED_BYTES)} MB`, stalled.mostBytes - stalled.beforeBytes <= STALLED_BYTES],
  ];
  for (const [name, isOk] of checks) {
    console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}`);
  }
  const failed = checks.filter(([, isOk]) => !isOk).length;
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`.padStart(11);
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
