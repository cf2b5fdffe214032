import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gone, isAlive, StandIns } from './test-stand-in.ts';

let standIns: StandIns;
beforeEach(() => {
  standIns = new StandIns();
});
afterEach(() => standIns.remove());

it.each(['process.exit(3)', 'throw new Error("crash")'])(
  'takes a running script along when our process ends by %s',
  async (end) => {
    const osascript = standIns.shell('osascript', 'sleep 1000 & echo $! > "$HERE/child"; wait');
    const module = (name: string) => JSON.stringify(new URL(`../${name}/index.ts`, import.meta.url).href);
    const source = `
      import { createMessagesApp } from ${module('messages-app')};
      import { createLogger, systemClock } from ${module('runtime')};
      const app = createMessagesApp({
        osascript: ${JSON.stringify(osascript)}, platform: 'linux', clock: systemClock(), log: createLogger('silent'),
      });
      void app.sendText({ form: 'chat', guid: 'any;-;x' }, 'hi');
      process.stdin.once('data', () => { ${end}; });`;
    const us = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await standIns.written('child');
    const script = Number(standIns.lines('pids')[0]);
    const itsChild = Number(standIns.lines('child')[0]);
    expect([isAlive(script), isAlive(itsChild)]).toEqual([true, true]);
    us.stdin.write('now\n');
    await once(us, 'exit');
    await Promise.all([gone(script), gone(itsChild)]);
    expect([isAlive(script), isAlive(itsChild)]).toEqual([false, false]);
  },
);
