import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atEnd, cleanUp } from '../../test/support/cleanup.ts';
import { startMacTools, type MacTools } from '../../test/support/mac-tools.ts';
import { createHost } from '../host/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { createLookout, type Lookout } from './lookout.ts';

const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 10_000, interval: 10 });
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let tools: MacTools;
let logs: string | null;
let folder: string;
let isBusy: boolean;
let checks: number;
let lookout: Lookout;

function start(toolFolder: string | null): void {
  lookout = createLookout({
    host: createHost({ tools: toolFolder, platform: 'linux', environment: {} }),
    clock,
    log: createLogger('silent'),
    uid: 501,
    node: process.execPath,
    logFolder: logs,
    logBytes: 100,
    checkStore: () => {
      checks += 1;
      return checks === 1 ? Promise.reject(new Error('disk I/O error')) : Promise.resolve('ok');
    },
    readTraffic: () => ({ lastInboundAt: null, longestSilenceMs: null, lastAt: null }),
    isBusy: () => isBusy,
  });
  lookout.start();
  atEnd(() => lookout.stop());
}

beforeEach(() => {
  clock = new ManualClock(1_800_000_000_000);
  tools = startMacTools();
  folder = mkdtempSync(join(tmpdir(), 'blueline-lookout-'));
  logs = folder;
  atEnd(() => rmSync(folder, { recursive: true }));
  isBusy = false;
  checks = 0;
});
afterEach(cleanUp);

it('looks at one thing at a time, the first round within moments of the start', async () => {
  start(tools.folder);
  expect(lookout.sights()).toMatchObject({ hasGuiSession: null, integrity: null });
  for (const what of ['hasGuiSession', 'node', 'clockOffset', 'traffic', 'log'] as const) {
    expect(lookout.sights()[what]).toBeNull();
    clock.advance(5_000);
    await until(() => expect(lookout.sights()[what]).not.toBeNull());
  }
  clock.advance(5_000);
  await until(() => expect(checks).toBe(1));
  expect(tools.calls()).toHaveLength(3);
  tools.forgetCalls();
  expect(lookout.sights()).toMatchObject({
    hasGuiSession: true,
    clockOffset: expect.closeTo(0.003_423),
    node: { isVersionedPlace: false, isAdHoc: false },
    log: { bytes: 0, limitBytes: 200 },
  });
  writeFileSync(join(folder, 'blueline.log'), 'x'.repeat(300));
  tools.setSession(false);
  clock.advance(60_000);
  await until(() => expect(lookout.sights().hasGuiSession).toBe(false));
  expect(tools.calls('sntp')).toEqual([]);
  await lookout.lookNow();
  expect(lookout.sights().log).toEqual({ bytes: 300, limitBytes: 200 });
});

it('does not look during a send', async () => {
  isBusy = true;
  start(tools.folder);
  clock.advance(HOUR_MS);
  await turn();
  expect(tools.calls()).toEqual([]);
  isBusy = false;
  clock.advance(5_000);
  await until(() => expect(tools.calls()).toHaveLength(1));
});

it('checks the store once a day, and says that it does not know where it could not', async () => {
  logs = null;
  start(null);
  const pass = async (ms: number) => {
    for (let past = 0; past < ms; past += 5_000) {
      clock.advance(5_000);
      await turn();
    }
  };
  await pass(60_000);
  expect(checks).toBe(1);
  expect(lookout.sights().integrity).toBeNull();
  await pass(23 * HOUR_MS);
  expect(checks).toBe(1);
  await pass(HOUR_MS);
  expect(checks).toBe(2);
  expect(lookout.sights().integrity).toBe('ok');
});

it('asks no tool of macOS where there is no Mac', async () => {
  start(null);
  await lookout.lookNow();
  expect(lookout.sights()).toMatchObject({ hasGuiSession: null, clockOffset: null, node: null });
  expect(tools.calls()).toEqual([]);
});

it('notices that time has jumped, either way', () => {
  start(null);
  clock.advance(60_000);
  expect(lookout.sights().jump).toBeNull();
  clock.jump(8 * HOUR_MS);
  clock.advance(5_000);
  expect(lookout.sights().jump).toEqual({ at: clock.now(), ms: 8 * HOUR_MS });
  clock.jump(-HOUR_MS);
  clock.advance(5_000);
  expect(lookout.sights().jump).toEqual({ at: clock.now(), ms: -HOUR_MS });
});
