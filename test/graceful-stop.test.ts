import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeHome, startBridge } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac } from './support/mac.ts';
import { KIM } from './support/message.ts';

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 20 });

/** A Mac whose send scripts run `before` first, and a daemon on it. */
async function startSlow(before: string) {
  const mac = await startMac({ timing: { sentDelayMs: 20, deliveredDelayMs: 40, readDelayMs: 60 } });
  const home = makeHome();
  const folder = makeHome();
  const osascript = join(folder, 'osascript');
  const script = `#!/bin/sh\n[ $# -le 3 ] || { echo run >> '${folder}/runs'; ${before}; }\nexec '${mac.osascript}' "$@"\n`;
  writeFileSync(osascript, script, { mode: 0o755 });
  const start = () =>
    startBridge({
      home,
      database: mac.database,
      osascript,
      environment: { BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1' },
    });
  const runs = () => (existsSync(join(folder, 'runs')) ? readFileSync(join(folder, 'runs'), 'utf8') : '');
  const received = async () => (await mac.state()).received.map(({ text, count }) => [text, count]);
  return { bridge: await start(), start, runs, received };
}

describe('a daemon that is asked to end while a text is being sent', { timeout: 120_000 }, () => {
  afterEach(cleanUp);

  it('lets the script end, begins nothing else, and knows afterwards what became of it', async () => {
    const slow = await startSlow('sleep 1');
    const { body } = await slow.bridge.request('POST', '/v1/messages', { to: KIM, text: 'on its way' });
    const later = await slow.bridge.request('POST', '/v1/messages', { to: KIM, text: 'not begun' });
    await until(() => expect(slow.runs()).toBe('run\n'));
    expect(await slow.bridge.stop()).toBe(0);
    expect(await slow.received()).toEqual([['on its way', 1]]);
    expect(slow.runs()).toBe('run\n');

    const again = await slow.start();
    for (const id of [body['id'], later.body['id']]) {
      await until(async () =>
        expect((await again.request('GET', `/v1/outbox/${String(id)}`)).body['status']).toBe('sent'),
      );
    }
    expect(await slow.received()).toEqual([
      ['on its way', 1],
      ['not begun', 1],
    ]);
    expect(slow.runs()).toBe('run\nrun\n');
  });

  it('ends a script that hangs after a grace, ends with 0 all the same, and calls its outcome unknown', async () => {
    const slow = await startSlow('sleep 300');
    const { body } = await slow.bridge.request('POST', '/v1/messages', { to: KIM, text: 'hangs' });
    await until(() => expect(slow.runs()).toBe('run\n'));
    expect(await slow.bridge.stop()).toBe(0);
    const again = await slow.start();
    await until(async () =>
      expect((await again.request('GET', `/v1/outbox/${String(body['id'])}`)).body).toMatchObject({
        state: 'unknown',
        error: 'outcome_unknown',
      }),
    );
    expect(slow.runs()).toBe('run\n');
    expect(await slow.received()).toEqual([]);
  });
});
