import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawnSimulator } from '../../src/simulator/index.ts';
import { startSoaked, type SoakDaemon } from './daemon.ts';
import { percentile } from './flat.ts';

/** Those who write; each is written to as well. */
const PEOPLE = 200;
/** Messages at its quickest, ms: one send at a time, each proved by its row, five a second are many. */
const QUICK = { rowDelayMs: 5, joinDelayMs: 1, sentDelayMs: 10, deliveredDelayMs: 100, readDelayMs: 300 };
/** At the end, how long what is under way may take to come in. */
const SETTLE_MS = 60_000;

/** One look at the daemon. Times in ms. */
export interface Sample {
  /** Minutes since the beginning. */
  readonly at: number;
  readonly memoryBytes: number;
  /** What JavaScript values of the daemon took, garbage among them. */
  readonly heapBytes: number;
  readonly descriptors: number;
  /** From the contact's text to the event at a reader: of those that came in since the look before. */
  readonly lagMs: number;
  readonly lag99Ms: number;
  readonly queued: number;
}

export interface PhaseResult {
  readonly preset: string;
  readonly samples: readonly Sample[];
  readonly inbound: { readonly written: number; readonly told: number; readonly twice: number };
  readonly sends: {
    readonly asked: number;
    readonly accepted: number;
    /** By the rule, or the code of the error. */
    readonly refused: Readonly<Record<string, number>>;
    readonly received: number;
    readonly twice: number;
  };
}

export interface PhaseOptions {
  readonly preset: string;
  readonly folder: string;
  readonly minutes: number;
  /** Texts of contacts, and requests to send, in a second. */
  readonly inboundRate: number;
  readonly sendRate: number;
  readonly sampleMs: number;
  readonly onSample: (sample: Sample) => void;
}

/** A daemon and a simulated Mac of their own, under steady traffic. */
export async function runPhase(options: PhaseOptions): Promise<PhaseResult> {
  const folder = join(options.folder, options.preset);
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const mac = await spawnSimulator({ folder: join(folder, 'mac'), clockOffsetMs: 0, timing: QUICK });
  const arrivals = new Arrivals();
  let daemon: SoakDaemon | null = null;
  try {
    const running = await startSoaked({
      home,
      database: mac.database,
      osascript: mac.osascript,
      preset: options.preset,
      onReceived: (text) => arrivals.note(text),
    });
    daemon = running;
    const refused: Record<string, number> = {};
    let asked = 0;
    let accepted = 0;
    const samples: Sample[] = [];
    const startedAt = performance.now();
    const endsAt = startedAt + options.minutes * 60_000;

    const inbound = steadily(options.inboundRate, endsAt, async (index) => {
      const text = `in ${index}`;
      arrivals.expect(text);
      await mac.command({ command: 'text', args: { from: person(index), text } });
    });
    const sends = steadily(options.sendRate, endsAt, async (index) => {
      asked += 1;
      const { status, code } = await running.send(person(index * 7), `out ${index}`);
      if (status === 201) {
        accepted += 1;
      } else {
        refused[code ?? String(status)] = (refused[code ?? String(status)] ?? 0) + 1;
      }
    });
    const looks = steadily(1_000 / options.sampleMs, endsAt, async () => {
      const value = await running.metrics();
      const lags = arrivals.takeLags();
      const sample: Sample = {
        at: (performance.now() - startedAt) / 60_000,
        ...running.usage(),
        heapBytes: value('process_heap_bytes'),
        lagMs: percentile(lags, 50),
        lag99Ms: percentile(lags, 99),
        queued:
          value('blueline_queue_commands{state="ready"}') +
          value('blueline_queue_commands{state="deferred"}'),
      };
      samples.push(sample);
      options.onSample(sample);
    });
    await Promise.all([inbound, sends, looks]);
    await settle(running, arrivals);
    const { received } = await mac.state();
    return {
      preset: options.preset,
      samples,
      inbound: arrivals.result(),
      sends: {
        asked,
        accepted,
        refused,
        received: received.length,
        twice: received.filter(({ count }) => count > 1).length,
      },
    };
  } finally {
    await daemon?.stop();
    await mac.stop();
  }
}

/** What waits for a limit may wait for hours; all else has its end within moments. */
async function settle(daemon: SoakDaemon, arrivals: Arrivals): Promise<void> {
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; await pause(200)) {
    const value = await daemon.metrics();
    if (arrivals.missing() === 0 && value('blueline_queue_commands{state="ready"}') === 0) {
      return;
    }
  }
}

/**
 * Does something so often a second until the end, whatever each takes: what is late is made up for. A failure ends it.
 */
async function steadily(rate: number, endsAt: number, act: (index: number) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const underWay = new Set<Promise<void>>();
  const failed = new AbortController();
  for (let index = 0; !failed.signal.aborted; index += 1) {
    const dueAt = startedAt + ((index + 1) * 1_000) / rate;
    if (dueAt > endsAt) {
      break;
    }
    await pause(Math.max(0, dueAt - performance.now()));
    const one = act(index)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
  failed.signal.throwIfAborted();
}

function person(index: number): string {
  return `+1555${String(1_000_000 + (index % PEOPLE))}`;
}

/** When each text was written, and when it came in. */
class Arrivals {
  readonly #writtenAt = new Map<string, number>();
  #written = 0;
  #told = 0;
  #strangers = 0;
  #lags: number[] = [];

  expect(text: string): void {
    this.#written += 1;
    this.#writtenAt.set(text, performance.now());
  }

  note(text: string): void {
    const at = this.#writtenAt.get(text);
    if (at === undefined) {
      // It came a second time, or nobody wrote it.
      this.#strangers += 1;
      return;
    }
    this.#writtenAt.delete(text);
    this.#told += 1;
    this.#lags.push(performance.now() - at);
  }

  /** Those since the last call, ms. */
  takeLags(): readonly number[] {
    const lags = this.#lags;
    this.#lags = [];
    return lags;
  }

  missing(): number {
    return this.#writtenAt.size;
  }

  result(): PhaseResult['inbound'] {
    return { written: this.#written, told: this.#told, twice: this.#strangers };
  }
}
