/** The simulated Mac as a process of its own, told by its parent where to live; it says where its files are, and ends with its parent. */
import { systemClock } from '../../src/runtime/index.ts';
import { runSimulator, type SimulateOptions } from '../../src/simulator/index.ts';

process.once('message', (options: Omit<SimulateOptions, 'clock'>) => {
  const stop = new AbortController();
  process.on('disconnect', () => stop.abort());
  process.on('SIGTERM', () => stop.abort());
  // Its timers keep no process alive; the channel to the parent does.
  void runSimulator({
    ...options,
    clock: systemClock(),
    print: () => undefined,
    signal: stop.signal,
    onReady: ({ database, osascript, socket }) => process.send?.({ database, osascript, socket }),
  }).then(() => process.exit(0));
});
