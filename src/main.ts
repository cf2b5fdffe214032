#!/usr/bin/env node
import { main } from './cli/index.ts';

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
