import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { makeHome, startBridge } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { startMac } from './support/mac.ts';
import { KIM, until } from './support/sending.ts';

const EXAMPLE = new URL('../scripts/controller.d/controller.ts', import.meta.url).pathname;

afterEach(cleanUp);

it('the example of a controller lets a bridge in, prints what it tells, and has it send', async () => {
  const folder = makeHome();
  const child = spawn(process.execPath, [EXAMPLE, '--port', '0', '--folder', folder], {
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const shows = (pattern: RegExp) => until(() => expect(output).toMatch(pattern));
  await shows(/ws:\/\/127/u);

  const mac = await startMac();
  await mac.command({ command: 'text', args: { from: KIM, text: 'hello' } });
  await startBridge({
    home: makeHome(),
    database: mac.database,
    osascript: mac.osascript,
    environment: {
      BLUELINE_BRIDGE_ID: 'demo',
      BLUELINE_CONTROLLER_URL: /ws:\/\/[\d.]+:\d+/u.exec(output)?.[0] ?? '',
      BLUELINE_CONTROLLER_TOKEN_FILE: `${folder}/token`,
    },
  });
  await shows(/demo {2}online/u);
  await mac.command({ command: 'text', args: { from: KIM, text: 'a table for two' } });
  await shows(/demo #\d+ message\.received {2}\+15550001111: a table for two/u);
  await shows(/demo {2}(?:healthy|unhealthy), 0 pending/u);
  child.stdin.write(`send ${KIM} at seven\n`);
  await shows(/accepted as obx_\w+ \(queued\), from \+\d+ \(new\)/u);
  await until(async () =>
    expect((await mac.state()).received).toContainEqual(
      expect.objectContaining({ text: 'at seven', count: 1 }),
    ),
  );
  await shows(/message\.sent {2}at seven/u);
  child.stdin.write('quit\n');
  expect(await exited).toEqual([0, null]);
}, 60_000);
