import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { damageTable } from '../src/store/test-damage.ts';
import { type as typeLine } from '../src/cli/test-terminal.ts';
import { cleanUp } from './support/cleanup.ts';
import { KIM, startSending, until, type SendingBench } from './support/sending.ts';

afterEach(cleanUp);

/** A command line on the data folder of the bench. */
const blueline = (bench: SendingBench, ...argv: string[]) =>
  typeLine([...argv, '--json'], { BLUELINE_HOME: bench.bridge().home });

const warnings = async (bench: SendingBench) => {
  const { body } = await bench.bridge().request('GET', '/health');
  return Array.isArray(body['warnings']) ? body['warnings'].map((one) => one.code) : [];
};

describe('a store that is restored', () => {
  it('sends nothing again, tells what came since, and has its rows prove what had gone', async () => {
    const bench = await startSending();
    const { home } = bench.bridge();
    const done = await bench.send({ text: 'before the backup' });
    await bench.reaches(done, { state: 'read' });
    const gone = await bench.send({ text: 'went after the backup', after_reply: true });
    const dropped = await bench.send({ text: 'was canceled after it', after_reply: true });
    const file = join(home, 'backup.db');
    expect(await blueline(bench, 'backup', file)).toMatchObject({ exit: 0 });
    // Refused while a daemon would go on writing to the store that was replaced.
    const early = await blueline(bench, 'restore', file);
    expect([early.exit, early.stderr]).toEqual([6, expect.stringContaining('daemon_running')]);

    expect((await bench.bridge().request('DELETE', `/v1/outbox/${dropped}`)).status).toBe(200);
    await bench.mac.command({ command: 'text', args: { from: KIM, text: 'after the backup' } });
    await bench.reaches(gone, { state: 'read' });
    expect(await told(bench)).toContain('after the backup');
    await bench.bridge().stop();

    // The worst: nothing is left of the store, so that all there is to know is the backup.
    rmSync(join(home, 'blueline.db'));
    const restored = await blueline(bench, 'restore', file);
    expect(restored.exit).toBe(0);
    expect(JSON.parse(restored.stdout)).toMatchObject({ commands: 3, set_aside: null });
    await bench.restart();
    await bench.reaches(gone, { state: 'read' });
    await bench.reaches(dropped, { state: 'unknown', error_detail: { cause: 'store_replaced' } });
    await until(async () => expect(await told(bench)).toContain('after the backup'));
    const gaps = (await events(bench)).filter(({ type }) => type === 'bridge.gap');
    expect(gaps).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ reason: 'store_restored' }) }),
    ]);
    const after = await bench.send({ text: 'and goes on' });
    await bench.reaches(after, { state: 'read' });
    expect(await bench.received()).toEqual([
      ['before the backup', 1],
      ['went after the backup', 1],
      ['and goes on', 1],
    ]);
    // Only once: the second start has nothing to settle.
    await bench.bridge().stop();
    await bench.restart();
    expect((await events(bench)).filter(({ type }) => type === 'bridge.gap')).toHaveLength(1);
  });

  it('knows from the store before what a client repeats', async () => {
    const bench = await startSending();
    const file = join(bench.bridge().home, 'backup.db');
    await blueline(bench, 'backup', file);
    const ask = () =>
      bench
        .bridge()
        .request('POST', '/v1/messages', { to: KIM, text: 'once' }, { 'idempotency-key': 'the-same' });
    const first = await ask();
    await bench.reaches(String(first.body['id']), { state: 'read' });
    await bench.bridge().stop();
    expect(await blueline(bench, 'restore', file)).toMatchObject({ exit: 0 });
    await bench.restart();
    const again = await ask();
    expect([again.body['id'], again.headers.get('idempotency-replayed')]).toEqual([first.body['id'], 'true']);
    expect(await bench.received()).toEqual([['once', 1]]);
    expect(await warnings(bench)).toContain('store_restored');
  });
});

describe('a store that is found to be damaged', () => {
  it('is set aside with a warning, and the line goes on with what is whole of it', async () => {
    const bench = await startSending();
    const { home, key } = bench.bridge();
    await bench.reaches(await bench.send({ text: 'before' }), { state: 'read' });
    const open = await bench.send({ text: 'was open', after_reply: true });
    await bench.bridge().kill();
    damageTable(join(home, 'blueline.db'), 'journal');
    await bench.mac.command({ command: 'text', args: { from: KIM, text: 'while it was down' } });

    await bench.restart();
    expect(bench.bridge().key).toBe(key);
    expect(await warnings(bench)).toContain('store_rebuilt');
    await bench.reaches(open, { state: 'unknown', error_detail: { cause: 'store_replaced' } });
    // What came meanwhile is told, and nothing a second time.
    await until(async () => expect(await told(bench)).toEqual(['while it was down']));
    expect(await events(bench)).toContainEqual(
      expect.objectContaining({
        type: 'bridge.gap',
        data: expect.objectContaining({ reason: 'store_rebuilt' }),
      }),
    );
    const aside = readdirSync(home).find((name) => /\.damaged-\d+-\d+$/u.test(name)) ?? '';
    renameSync(join(home, aside), join(tmpdir(), aside));
    rmSync(join(tmpdir(), aside));
    await until(async () => expect(await warnings(bench)).not.toContain('store_rebuilt'));
    expect(await bench.received()).toEqual([['before', 1]]);
  });

  it('is made anew from chat.db alone where nothing of it can be read', async () => {
    const bench = await startSending();
    const { home } = bench.bridge();
    await bench.bridge().kill();
    rmSync(join(home, 'blueline.db-wal'), { force: true });
    writeFileSync(join(home, 'blueline.db'), 'nothing of a database '.repeat(1_000));
    await bench.restart();
    expect(await warnings(bench)).toContain('store_rebuilt');
    expect(bench.bridge().output()).toContain('"lost":["keys","commands"');
    await bench.mac.command({ command: 'text', args: { from: KIM, text: 'is told' } });
    await until(async () => expect(await told(bench)).toEqual(['is told']));
    await bench.reaches(await bench.send({ text: 'is sent' }), { state: 'read' });
  });
});

async function events(bench: SendingBench) {
  const { body } = await bench.bridge().request('GET', '/v1/events?after=0&limit=500');
  return Array.isArray(body['data']) ? body['data'] : [];
}

async function told(bench: SendingBench): Promise<string[]> {
  return (await events(bench)).filter(({ type }) => type === 'message.received').map(({ data }) => data.text);
}
