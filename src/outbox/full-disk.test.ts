import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillDisk } from '../../test/support/full-disk.ts';
import { createLineControl } from './line-control.ts';
import { delivery, OutboxBench, rejected, row, SENT, TIMING, uncertain } from './test-outbox.ts';

let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.outbox.start();
});
afterEach(() => bench.close());

/** Time for what failed to be tried again, but not for a window to end. */
const aWhile = async () => {
  for (let second = 0; second < 6; second += 1) {
    await bench.advance(1_000);
  }
};
/** The store takes nothing more from the moment at which a script runs. */
const fillDuringScript = () => {
  let disk: ReturnType<typeof fillDisk> | null = null;
  bench.onScript = () => {
    disk ??= fillDisk(bench.store);
  };
  return { free: () => disk?.free() };
};
/** A text whose script has run, and of which nothing more could be noted. */
const runWhileFull = async () => {
  const disk = fillDuringScript();
  const id = await bench.accept('one');
  await bench.settle();
  bench.onScript = () => undefined;
  await aWhile();
  expect([bench.contents(), bench.state(id).name]).toEqual([['one'], 'sending']);
  return { id, disk };
};

describe('a lane whose store takes no writes', () => {
  it('runs no script before that it runs is noted, and one when it can be', async () => {
    bench.canProve = false;
    const id = await bench.accept('one');
    const disk = fillDisk(bench.store);
    bench.canProve = true;
    bench.outbox.wake();
    await aWhile();
    expect([bench.contents(), bench.state(id).name]).toEqual([[], 'queued']);
    disk.free();
    await aWhile();
    expect([bench.contents(), bench.state(id).name]).toEqual([['one'], 'dispatched']);
  });

  it('notes later that a script ended well, and sends nothing else and nothing twice meanwhile', async () => {
    const { id, disk } = await runWhileFull();
    disk.free();
    const other = await bench.accept('two');
    await aWhile();
    expect(bench.state(id).name).toBe('dispatched');
    await bench.becomesUnknown(id);
    expect(bench.state(id)).toMatchObject({ cause: 'no_row' });
    await bench.reaches(other, 'dispatched');
    expect(bench.contents()).toEqual(['one', 'two']);
  });

  it('still knows what certainly did not leave, and sends that again', async () => {
    bench.outcomes = [rejected('not_running', -600)];
    const { id, disk } = await runWhileFull();
    disk.free();
    await aWhile();
    await aWhile();
    expect([bench.contents(), bench.state(id).name]).toEqual([['one', 'one'], 'dispatched']);
  });

  it('still knows what Messages refused, and does not send that again', async () => {
    bench.outcomes = [rejected('target_not_found', -1728)];
    const disk = fillDuringScript();
    const id = await bench.accept('one');
    await bench.settle();
    await bench.advance(2 * TIMING.proofWindowMs);
    disk.free();
    await aWhile();
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { code: 'send_rejected' } });
    expect(bench.contents()).toEqual(['one']);
  });

  it('notes an unknown outcome when it can, with the cause that it had', async () => {
    bench.outcomes = [uncertain('timed_out')];
    const disk = fillDuringScript();
    const id = await bench.accept('one');
    await bench.advance(2 * TIMING.proofWindowMs);
    disk.free();
    await aWhile();
    expect(bench.state(id)).toMatchObject({ name: 'unknown', cause: 'timed_out' });
    expect(bench.contents()).toEqual(['one']);
  });

  it('ends at the stop, and looks for the row after the next start', async () => {
    const disk = fillDuringScript();
    const id = await bench.accept('one');
    await bench.settle();
    await bench.outbox.stop();
    disk.free();
    bench.create().start();
    await bench.settle();
    bench.see('one', row('G', SENT));
    expect([bench.contents(), bench.state(id).name]).toEqual([['one'], 'sent']);
  });
});

describe('a transaction of capture that the store does not keep', () => {
  it('counts once for the breaker, however often it is tried', async () => {
    const id = await bench.accept('one');
    await bench.reaches(id, 'dispatched');
    const failed = { ...row('G'), ...delivery({ error: 4 }), sentAt: bench.clock.now() };
    for (let tries = 0; tries < 10; tries += 1) {
      bench.store.db.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON journal
        BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`);
      expect(() => bench.see('one', failed)).toThrow('disk is full');
      bench.store.db.exec('DROP TRIGGER full');
      await bench.settle();
    }
    bench.see('one', failed);
    await bench.settle();
    expect(bench.state(id).name).toBe('failed');
    expect(bench.outbox.stats().pause).toBeNull();
  });
});

describe('a pause that the store does not take', () => {
  it('holds all the same where the lane made it, and is kept when there is room', async () => {
    for (const text of ['1', '2', '3', '4', '5']) {
      const id = await bench.accept(text);
      await bench.reaches(id, 'dispatched');
      bench.see(text, row(text));
      await bench.reaches(id, 'dispatched');
    }
    await bench.settle();
    // The last of its rows: kept by capture, and then there is no room for what follows.
    for (const text of ['1', '2', '3', '4']) {
      bench.see(text, { ...row(text), ...delivery({ error: 4 }) });
    }
    await bench.settle();
    bench.see('5', { ...row('5'), ...delivery({ error: 4 }) });
    const disk = fillDisk(bench.store);
    await bench.settle();
    expect(bench.outbox.stats().pause).toMatchObject({ by: 'failures' });
    disk.free();
    await aWhile();
    await bench.outbox.stop();
    expect(bench.create().stats().pause).toMatchObject({ by: 'failures' });
  });

  it('is not taken from a person, who is told so, and neither is its end', () => {
    const full = fillDisk(bench.store);
    expect(() => bench.outbox.pause()).toThrow('readonly');
    expect(bench.outbox.isPausedByHand()).toBe(false);
    full.free();
    bench.outbox.pause();
    const again = fillDisk(bench.store);
    expect(() => bench.outbox.resume()).toThrow('readonly');
    expect(bench.outbox.isPausedByHand()).toBe(true);
    again.free();
  });
});

describe('a line that goes out of reach while the store takes no writes', () => {
  it('is told to be when it does, unless it has come back by then', () => {
    const control = createLineControl(bench.guard, bench.outbox, bench.clock);
    const state = () => bench.guard.line().state;
    control.reached({ app: 'running', capture: 'following' });
    const first = fillDisk(bench.store);
    control.reached({ app: 'not_running', capture: 'following' });
    bench.clock.advance(5_000);
    expect(state()).toBe('active');
    first.free();
    bench.clock.advance(5_000);
    expect(state()).toBe('offline');
    const second = fillDisk(bench.store);
    const head = bench.journal.head();
    control.reached({ app: 'running', capture: 'following' });
    control.reached({ app: 'not_running', capture: 'following' });
    second.free();
    bench.clock.advance(5_000);
    expect([state(), bench.journal.head()]).toEqual(['offline', head]);
  });
});
