/** The simulated Mac as a process of its own: told by its parent how to be, it says where its files are, and ends with its parent. */
import { systemClock } from '../runtime/index.ts';
import { runSimulator } from './run-simulator.ts';
import type { SimulatorStart } from './spawn-simulator.ts';

process.once('message', ({ clockOffsetMs, ...options }: SimulatorStart) => {
  const stop = new AbortController();
  for (const event of ['disconnect', 'SIGTERM', 'SIGINT'] as const) {
    process.on(event, () => stop.abort());
  }
  void runSimulator({
    ...options,
    clock: systemClock(clockOffsetMs),
    print: () => undefined,
    signal: stop.signal,
    onReady: ({ database, osascript, socket }) => process.send?.({ database, osascript, socket }),
  }).then(() => process.exit(0));
});
