import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { arm, disarm, orders, run } from './support/health-acts.ts';
import { startHealthBench, type HealthBench, type ReaderLine } from './support/health-bench.ts';
import { OFF, TOOLS } from './support/health-plays.ts';

const OPENED = 'open -gj -b com.apple.MobileSMS';
/** Nobody listens to capture's reading process here. */
const READER: ReaderLine = {
  child: () => {
    throw new Error('nobody asked for it');
  },
  heard: new Map(),
  scripts: new Set(),
  lies: new Set(),
  isHeld: true,
};

afterEach(cleanUp);

/** Time goes on three times as fast until it holds: what Messages is asked still has time to be answered. */
const inTime = (bench: HealthBench, assertion: () => unknown) =>
  vi.waitFor(
    async () => {
      bench.clock.advance(50);
      await assertion();
    },
    { timeout: 25_000, interval: 25 },
  );

it('opens Messages when it goes, leaves it to a person who has paused the line, and ends one that hangs', async () => {
  const bench = await startHealthBench(READER, { ...OFF, ...TOOLS }, () => Promise.resolve());
  const { tools } = bench;
  bench.askMac(true);
  await inTime(bench, () =>
    expect(tools.calls('caffeinate')).toEqual([`caffeinate -i -m -s -w ${process.pid}`]),
  );
  const notRunning = async () => {
    const { warnings } = (await bench.request('GET', '/health')).body;
    const all = Array.isArray(warnings) ? warnings : [];
    return all.filter(({ code }) => code === 'messages_not_running').map(({ text }) => String(text));
  };

  await run(bench, { command: 'quit', args: {} });
  await inTime(bench, () => expect(tools.calls('open')).toEqual([OPENED]));
  // The stand-in opens nothing; the simulated Mac is told to.
  await run(bench, { command: 'reopen', args: {} });
  await inTime(bench, async () => expect(await notRunning()).toEqual([]));

  await orders(bench, 'pause');
  await run(bench, { command: 'quit', args: {} });
  await inTime(bench, async () =>
    expect(await notRunning()).toEqual([expect.stringContaining('while a person has paused the line')]),
  );
  bench.clock.advance(3_000);
  // Whatever was called by then has been by the time that the doctor's tools have answered.
  await bench.doctorCodes();
  expect(tools.calls('open')).toEqual([OPENED]);
  await orders(bench, 'resume');
  await inTime(bench, () => expect(tools.calls('open')).toEqual([OPENED, OPENED]));
  await run(bench, { command: 'reopen', args: {} });
  await inTime(bench, async () => expect(await notRunning()).toEqual([]));

  tools.forgetCalls();
  await arm(bench, { name: 'frozen' });
  await vi.waitFor(
    () => {
      bench.clock.advance(1_000);
      expect(tools.calls().filter((call) => !call.startsWith('launchctl'))).toEqual(
        expect.arrayContaining([expect.stringMatching(/^pkill -u \d+ -x Messages$/u), OPENED]),
      );
    },
    { timeout: 25_000, interval: 25 },
  );
  await disarm(bench);
  await inTime(bench, async () =>
    expect((await bench.request('GET', '/health')).body['messagesAppRunning']).toBe(true),
  );
});
