import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atEnd, cleanUp } from '../../test/support/cleanup.ts';
import { startMacTools, type MacTools } from '../../test/support/mac-tools.ts';
import { instant, type Instant } from '../domain/index.ts';
import { createHost, type Host } from '../host/index.ts';
import type { AppStatus } from '../messages-app/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { createHardRelaunch } from './hard-relaunch.ts';
import { createKeeper, type Keeper, type KeeperSettings } from './keeper.ts';

const MINUTE = 60_000;
const START = 1_800_000_000_000;
const OPENED = 'open -gj -b com.apple.MobileSMS';

/** What the keeper sees, to be changed by the test, and what it has others do. */
interface World {
  app: AppStatus;
  isPaused: boolean;
  isBusy: boolean;
  isAnswering: boolean;
  lastSentAt: Instant | null;
  pokes: number;
  asked: number;
  woken: number;
}

let clock: ManualClock;
let tools: MacTools;
let world: World;
let keeper: Keeper;
/** Counts the tools that run. */
let host: Host & { running: number };

function start(settings: Partial<KeeperSettings> = {}, isKept = true): void {
  keeper = createKeeper({
    settings: { messages: true, pokeMs: 5 * MINUTE, awake: false, ...settings },
    isKept,
    host,
    app: {
      poke: () => {
        world.pokes += 1;
        return Promise.resolve(world.isAnswering);
      },
    },
    monitor: {
      status: () => ({ ...world.app, checkedAt: clock.now() }),
      checkNow: () => {
        world.asked += 1;
        return Promise.resolve();
      },
      whileIdle: (work) => work(new AbortController().signal),
    },
    clock,
    log: createLogger('silent'),
    pid: process.pid,
    isPausedByHand: () => world.isPaused,
    isBusy: () => world.isBusy,
    lastSentAt: () => world.lastSentAt,
    wakeLane: () => {
      world.woken += 1;
    },
  });
  keeper.start();
  atEnd(() => keeper.stop());
}

/** `open` is a process: whoever was begun has ended once as many have been called as were begun. */
const settled = async () => {
  await vi.waitFor(() => expect(host.running).toBe(0), { timeout: 10_000, interval: 2 });
  await turn();
};

/** Minutes pass; whatever is begun in them has time to end. */
async function pass(ms: number): Promise<void> {
  for (let past = 0; past < ms; past += MINUTE) {
    clock.advance(Math.min(MINUTE, ms - past));
    await settled();
  }
}

const opened = () => tools.calls('open').length;

beforeEach(() => {
  clock = new ManualClock(START);
  tools = startMacTools();
  const real = createHost({ tools: tools.folder, platform: 'linux', environment: {} });
  host = {
    ...real,
    running: 0,
    run: async (...call) => {
      host.running += 1;
      return real.run(...call).finally(() => {
        host.running -= 1;
      });
    },
  };
  world = {
    app: { state: 'running', accounts: [] },
    isPaused: false,
    isBusy: false,
    isAnswering: true,
    lastSentAt: null,
    pokes: 0,
    asked: 0,
    woken: 0,
  };
});
afterEach(cleanUp);

describe('a Messages that is gone', () => {
  it('is opened in the background, hidden, and asked how it is', async () => {
    start();
    await pass(MINUTE);
    expect(opened()).toBe(0);
    world.app = { state: 'not_running' };
    await pass(1_000);
    expect(tools.calls('open')).toEqual([OPENED]);
    await pass(5_000);
    expect(world.asked).toBe(1);
  });

  it('is opened at once again where it had lasted, and later and later where it had not', async () => {
    start({ pokeMs: 0 });
    world.app = { state: 'not_running' };
    const spans: number[] = [];
    for (let minute = 0, last = 0; minute < 160; minute += 1) {
      const before = opened();
      await pass(MINUTE);
      if (opened() > before) {
        spans.push(minute - last);
        last = minute;
      }
    }
    expect(spans).toEqual([0, 10, 20, 40, 60]);
    expect(keeper.status().leftClosed).toMatchObject({ because: 'does_not_last' });
    world.app = { state: 'running', accounts: [] };
    await pass(61 * MINUTE);
    expect(keeper.status().leftClosed).toBeNull();
    world.app = { state: 'not_running' };
    const before = opened();
    await pass(1_000);
    expect(opened() - before).toBe(1);
  });

  it('is opened no sooner because the clock was set back, and no later', async () => {
    start({ pokeMs: 0 });
    world.app = { state: 'not_running' };
    await pass(1_000);
    expect(opened()).toBe(1);
    clock.jump(-60 * MINUTE);
    await pass(9 * MINUTE);
    expect(opened()).toBe(1);
    expect(keeper.status().leftClosed?.until).toBeLessThanOrEqual(clock.now() + MINUTE);
    await pass(MINUTE);
    expect(opened()).toBe(2);
  });

  it('is left alone while a person has paused the line, however it went, and opened when that is over', async () => {
    start();
    world.isPaused = true;
    world.app = { state: 'not_running' };
    await pass(30 * MINUTE);
    expect(opened()).toBe(0);
    expect(keeper.status().leftClosed).toEqual({ because: 'paused', until: null });
    world.isPaused = false;
    await pass(1_000);
    expect(opened()).toBe(1);
  });

  it('is opened after a resume, though it had not lasted before', async () => {
    start();
    world.app = { state: 'not_running' };
    await pass(MINUTE);
    world.isPaused = true;
    await pass(MINUTE);
    world.isPaused = false;
    await pass(1_000);
    expect(opened()).toBe(2);
  });

  it('is not opened while it is being relaunched, nor where nobody wants it kept', async () => {
    start();
    world.isBusy = true;
    world.app = { state: 'not_running' };
    await pass(MINUTE);
    expect(opened()).toBe(0);
    await keeper.stop();
    world.isBusy = false;
    start({ messages: false });
    await pass(MINUTE);
    await keeper.stop();
    start({ awake: true }, false);
    await pass(MINUTE);
    expect(tools.calls()).toEqual([]);
    expect(keeper.status()).toEqual({ isAwake: null, leftClosed: null });
  });
});

describe('a Messages that sends nothing', () => {
  it('is asked something every five minutes', async () => {
    start();
    await pass(21 * MINUTE);
    expect(world.pokes).toBe(4);
    expect(world.asked).toBe(0);
  });

  it('is left alone while a message has just left, a script runs, it is paused or away', async () => {
    start();
    world.lastSentAt = instant(START + 4 * MINUTE);
    await pass(8 * MINUTE);
    expect(world.pokes).toBe(0);
    world.isBusy = true;
    await pass(3 * MINUTE);
    world.isBusy = false;
    world.isPaused = true;
    await pass(3 * MINUTE);
    expect(world.pokes).toBe(0);
    world.isPaused = false;
    await pass(1_000);
    expect(world.pokes).toBe(1);
  });

  it('is asked how it is where it did not answer', async () => {
    start();
    world.isAnswering = false;
    await pass(5 * MINUTE);
    expect([world.pokes, world.asked]).toEqual([1, 1]);
  });

  it('is never asked where the operator does not want it', async () => {
    start({ pokeMs: 0 });
    await pass(30 * MINUTE);
    expect(world.pokes).toBe(0);
  });
});

describe('a Messages that does not answer', () => {
  it('hangs if it does not answer the second time either', async () => {
    start();
    world.app = { state: 'not_responding' };
    await pass(14_000);
    expect([keeper.isHung(), world.asked]).toEqual([false, 0]);
    await pass(2_000);
    expect([keeper.isHung(), world.asked]).toEqual([true, 1]);
    await pass(3_000);
    expect(world.woken).toBeGreaterThan(0);
    world.isPaused = true;
    expect(keeper.isHung()).toBe(false);
    world.isPaused = false;
    world.app = { state: 'running', accounts: [] };
    await pass(1_000);
    expect(keeper.isHung()).toBe(false);
  });
});

describe('a relaunch', () => {
  const relaunch = (isDone: boolean) => {
    const host = createHost({ tools: tools.folder, platform: 'linux', environment: {} });
    return createHardRelaunch({ relaunch: () => Promise.resolve(isDone), host, uid: 501, clock });
  };

  it('is made by signals, of this user’s Messages alone, where it does not answer the request', async () => {
    const done = relaunch(false)();
    await vi.waitFor(() => expect(tools.calls()).toEqual(['pkill -u 501 -x Messages']), 10_000);
    await vi.waitFor(() => {
      clock.advance(2_000);
      expect(tools.calls()).toHaveLength(3);
    }, 10_000);
    expect(await done).toBe(true);
    expect(tools.calls()).toEqual(['pkill -u 501 -x Messages', 'pkill -KILL -u 501 -x Messages', OPENED]);
  });

  it('ends without force where this process is to end meanwhile', async () => {
    const stopping = new AbortController();
    const done = relaunch(false)(stopping.signal);
    await vi.waitFor(() => expect(tools.calls()).toEqual(['pkill -u 501 -x Messages']), 10_000);
    stopping.abort();
    expect(await done).toBe(false);
    expect(tools.calls()).toEqual(['pkill -u 501 -x Messages', OPENED]);
  });

  it('needs none where it does', async () => {
    expect(await relaunch(true)()).toBe(true);
    expect(tools.calls()).toEqual([]);
  });
});

describe('this Mac', () => {
  const held = `caffeinate -i -m -s -w ${process.pid}`;
  const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 10_000, interval: 10 });

  it('is held awake for as long as this process lives, and again where what does so ends', async () => {
    start({ awake: true });
    expect(keeper.status().isAwake).toBe(true);
    await until(() => expect(tools.calls('caffeinate')).toEqual([held]));
    tools.hold('exit 1');
    await until(() => expect(keeper.status().isAwake).toBe(false));
    for (const times of [2, 3]) {
      await until(() => {
        clock.advance(1_000);
        expect(tools.calls('caffeinate')).toHaveLength(times);
      });
    }
    tools.hold(null);
    await until(() => {
      clock.advance(1_000);
      expect(keeper.status().isAwake).toBe(true);
    });
    await keeper.stop();
    expect(keeper.status().isAwake).toBeNull();
  });
});
