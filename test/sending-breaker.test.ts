import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { startSending, until } from './support/sending.ts';

// Several processes and many sends: a busy machine needs room.
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);

it(
  'pauses after three outcomes without proof, relaunches Messages once, and goes on with what works',
  { timeout: 60_000 },
  async () => {
    const bench = await startSending();
    const alarms = bench.bridge().stream('?types=bridge.health_changed');
    const relaunches = () =>
      bench.calls().filter(({ script }) => script.startsWith('-- blueline relaunch 1\n')).length;
    const loseEach = () =>
      bench.mac.command({ command: 'fault', args: { fault: { name: 'no-row' }, times: 'on' } });
    const sendAll = (...texts: string[]) => Promise.all(texts.map((text) => bench.send({ text })));
    const reachAll = (ids: readonly string[], state: string) =>
      Promise.all(ids.map((id) => bench.reaches(id, { state })));

    await loseEach();
    await reachAll(await sendAll('1', '2', '3'), 'unknown');
    await bench.mac.command({ command: 'clear-faults' });
    await reachAll(await sendAll('4', '5'), 'read');
    expect(relaunches()).toBe(1);
    expect(new Map(await bench.received())).toEqual(
      new Map([
        ['4', 1],
        ['5', 1],
      ]),
    );

    await loseEach();
    const lost = await sendAll('6', '7', '8');
    await reachAll(lost, 'unknown');
    const [held = ''] = await sendAll('9');
    // Relaunched not long ago: it stays paused, and says so, until a person resumes it.
    await until(async () =>
      expect((await bench.bridge().request('GET', '/health')).body['warnings']).toContainEqual(
        expect.objectContaining({ code: 'line_paused', severity: 'unhealthy' }),
      ),
    );
    const [line] = await lines();
    expect(line).toMatchObject({ state: 'paused', pause_reason: 'unknown_outcomes' });
    expect(await bench.item(held)).toMatchObject({ state: 'queued' });
    await bench.mac.command({ command: 'clear-faults' });
    const resumed = await bench.bridge().request('POST', `/v1/lines/${String(line?.['id'])}/resume`);
    expect(resumed.body).toMatchObject({ state: 'active' });
    await bench.reaches(held, { state: 'read' });
    expect(relaunches()).toBe(1);
    await until(() =>
      expect(alarms.events().some(({ data }) => JSON.stringify(data).includes('line_paused'))).toBe(true),
    );

    async function lines(): Promise<{ readonly [name: string]: unknown }[]> {
      const { body } = await bench.bridge().request('GET', '/v1/lines');
      return Array.isArray(body['data']) ? body['data'] : [];
    }
  },
);
