import { flushCompileCache } from 'node:module';
import type { Instant } from '../domain/index.ts';
import { Pulse, systemClock } from '../runtime/index.ts';
import { mostInFlight, RESTART_EXIT, type Batch, type FromReader, type ToReader } from './protocol.ts';
import { Reader, Restart, type Found } from './reader.ts';
import { fallBack, sourceFor } from './sources.ts';
import { startWake } from './wake.ts';

/**
 * The child process that holds the descriptors on Messages' database. It talks to the daemon over the IPC channel that
 * it was forked with, and ends when that channel closes, however the daemon went.
 */
function main(): void {
  // It is usually killed, and would then leave nothing for the next start.
  flushCompileCache();
  const flights = new Flights();
  let reader: Reader | null = null;
  let pulse: Pulse | null = null;
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal reaches the whole group: the daemon decides when reading ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('message', (message: ToReader) => {
    switch (message.type) {
      case 'start':
        pulse = new Pulse();
        reader = readerFor(message, flights);
        void follow(reader, message, pulse);
        break;
      case 'prints':
        reader?.load(message.stored);
        // Else the buffers that they came in would pile up, and what is piled up once the system does not get back.
        globalThis.gc?.({ type: 'minor' });
        break;
      case 'prints_end':
        reader?.finishLoading();
        pulse?.trigger();
        break;
      case 'ack':
        flights.land(message.id);
        break;
      default:
        message satisfies never;
    }
  });
}

type Start = Extract<ToReader, { type: 'start' }>;

function readerFor(start: Start, flights: Flights): Reader {
  const clock = systemClock(start.clockOffsetMs);
  return new Reader({
    path: start.path,
    clock,
    cursor: start.cursor,
    pending: start.pending,
    openSource: sourceFor(start.mode, start.path, clock),
    fallBack: fallBack(clock),
    deliver: (batch) => flights.takeOff(batch),
    onStatus: (status) => send({ type: 'status', status }),
    wantPrints: () => send({ type: 'prints_wanted' }),
  });
}

async function follow(reader: Reader, start: Start, pulse: Pulse): Promise<void> {
  const clock = systemClock(start.clockOffsetMs);
  const beat = () => send({ type: 'beat', figures: reader.figures() });
  const wake = startWake(start.path, clock, {
    look: () => pulse.trigger(),
    awaitCommit: () => reader.awaitCommit(),
    isSettled: () => reader.isSettled(),
    isStill: () => reader.isStill(),
    onBeat: beat,
  });
  let tidiedAt: Instant | null = null;
  // The timers of the clock keep no process alive; the channel to the daemon does.
  try {
    for (;;) {
      await reader.look();
      if (reader.comparedAt !== tidiedAt) {
        tidiedAt = reader.comparedAt;
        // A large history leaves tens of megabytes behind that days of a quiet line would not collect: 35 to 75 ms.
        globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
        // Whoever waits for it need not wait for the next one.
        beat();
      }
      await pulse.wait();
      if (wake.takeDoubt() && reader.isReplaced()) {
        throw new Restart('Other files lie at the path');
      }
    }
  } catch (error) {
    if (!(error instanceof Restart)) {
      throw error;
    }
    // What has been said before must arrive before the process is gone.
    process.send?.({ type: 'beat', figures: reader.figures() } satisfies FromReader, () =>
      process.exit(RESTART_EXIT),
    );
  }
}

/** Batches on their way to the daemon, which commits them in order. */
class Flights {
  #id = 0;
  #landedUpTo = 0;
  #landed: (() => void) | null = null;

  async takeOff(batch: Found): Promise<void> {
    this.#id += 1;
    const numbered: Batch = { ...batch, id: this.#id };
    send({ type: 'batch', batch: numbered });
    while (this.#id - this.#landedUpTo > mostInFlight(numbered)) {
      await new Promise<void>((resolve) => {
        this.#landed = resolve;
      });
    }
  }

  land(upTo: number): void {
    this.#landedUpTo = upTo;
    this.#landed?.();
  }
}

function send(message: FromReader): void {
  process.send?.(message);
}

main();
