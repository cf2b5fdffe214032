import { flushCompileCache } from 'node:module';
import { Pulse, systemClock } from '../runtime/index.ts';
import { BEAT_MS, type FromReader, type ToReader } from './protocol.ts';
import { Reader } from './reader.ts';
import { startWake } from './wake.ts';

/**
 * The child process that holds the descriptors on Messages' database. It talks to the daemon over the IPC channel that
 * it was forked with, and ends when that channel closes, however the daemon went.
 */
function main(): void {
  const acknowledged = new Map<number, () => void>();
  const stopped = new AbortController();
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C in a terminal reaches the whole group: the daemon decides when reading ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('message', (message: ToReader) => {
    if (message.type === 'ack') {
      acknowledged.get(message.id)?.();
      acknowledged.delete(message.id);
    } else {
      void follow(message, acknowledged, stopped.signal);
    }
  });
}

async function follow(
  start: Extract<ToReader, { type: 'start' }>,
  acknowledged: Map<number, () => void>,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock(start.clockOffsetMs);
  const pulse = new Pulse();
  const reader = new Reader({
    path: start.path,
    clock,
    cursor: start.cursor,
    pending: start.pending,
    deliver: (batch) =>
      new Promise((resolve) => {
        acknowledged.set(batch.id, resolve);
        send({ type: 'batch', batch });
      }),
    onStatus: (status) => send({ type: 'status', status }),
  });
  setInterval(() => send({ type: 'beat' }), BEAT_MS);
  // Only an end in order would keep what has been compiled, and this process is killed as a rule.
  flushCompileCache();
  startWake(start.path, clock, () => pulse.trigger());
  for (;;) {
    await reader.look();
    await pulse.wait(signal);
  }
}

function send(message: FromReader): void {
  process.send?.(message);
}

main();
