#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

if (process.argv[2] === 'run') {
  // A daemon's young objects are collected early and often, instead of getting room to grow (up to 32 MB). Buffers
  // outside of the heap hang on them: files that pass through leave 70 MB of these waiting, so 15 MB, at the same cost
  // in CPU (measured with Node 26). What has grown stays so, hence before anything is loaded.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Little is collected at a time: it is not worth waking other threads for.
  setFlagsFromString('--no-parallel-scavenge');
  // What each event runs through once is hot code, though it would take a quiet line hours until V8 took it for that.
  setFlagsFromString('--invocation-count-for-maglev=50');
}
const { main } = await import('./cli/index.ts');

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: a second signal ends the process at once, whatever the command does.
  process.once(signal, () => interrupt.abort());
}
// A reader that goes away (`blueline tail | head`) is no failure: the command may end. The daemon goes on without it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => interrupt.abort());
}
// The clock's timers keep no process alive; a command that waits does.
const alive = setInterval(() => undefined, 2 ** 30);
process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
clearInterval(alive);
