import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutboxBench, row, SENT, TIMING } from './test-outbox.ts';

const HOUR_MS = 3_600_000;

let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.outbox.start();
});
afterEach(() => bench.close());

describe('a line that does not work', () => {
  it('is paused at three unknown outcomes, Messages is relaunched once, and one text tries', async () => {
    const ids = await Promise.all(['1', '2', '3', '4', '5'].map((text) => bench.accept(text)));
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitFor(() => expect(bench.contents()).toHaveLength(turn + 1));
      await bench.advance(TIMING.proofWindowMs);
    }
    await vi.waitFor(() => expect(bench.relaunches).toBe(1));
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(4));
    expect(bench.outbox.stats().pause).toMatchObject({ by: 'unknown_outcomes' });
    await bench.advance(TIMING.proofWindowMs);
    await bench.advance(60_000);
    expect([bench.contents().length, bench.relaunches]).toEqual([4, 1]);
    bench.outbox.resume();
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(5));
    bench.see('5', row('5', SENT));
    expect(ids.map((id) => bench.state(id).name)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      'sent',
    ]);
  });

  it('goes on by itself when the trial is proved', async () => {
    await Promise.all(['1', '2', '3', '4', '5'].map((text) => bench.accept(text)));
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitFor(() => expect(bench.contents()).toHaveLength(turn + 1));
      await bench.advance(TIMING.proofWindowMs);
    }
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(4));
    bench.see('4', row('4', SENT));
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(5));
    expect(bench.outbox.stats().pause).toBeNull();
  });

  it('relaunches a Messages that hangs, once in ten minutes and not while a person has paused it', async () => {
    bench.isHung = true;
    bench.outbox.wake();
    await vi.waitFor(() => expect(bench.relaunches).toBe(1));
    expect(bench.outbox.stats().pause).toBeNull();
    for (let minute = 0; minute < 9; minute += 1) {
      await bench.advance(60_000);
      bench.outbox.wake();
    }
    expect(bench.relaunches).toBe(1);
    bench.outbox.pause();
    await bench.advance(600_000);
    bench.outbox.wake();
    await bench.advance(60_000);
    expect(bench.relaunches).toBe(1);
    bench.outbox.resume();
    await vi.waitFor(() => expect(bench.relaunches).toBe(2));
  });

  it('shares its relaunch with a line that is paused: one does for both', async () => {
    bench.isHung = true;
    bench.outbox.wake();
    await vi.waitFor(() => expect(bench.relaunches).toBe(1));
    bench.isHung = false;
    await Promise.all(['1', '2', '3', '4'].map((text) => bench.accept(text)));
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitFor(() => expect(bench.contents()).toHaveLength(turn + 1));
      await bench.advance(TIMING.proofWindowMs);
    }
    await vi.waitFor(() => expect(bench.outbox.stats().pause).toMatchObject({ by: 'unknown_outcomes' }));
    await bench.advance(300_000);
    expect([bench.contents().length, bench.relaunches]).toEqual([3, 1]);
    await bench.advance(300_000);
    await vi.waitFor(() => expect([bench.contents().length, bench.relaunches]).toEqual([4, 2]));
  });

  it('waits while a person has paused it, over restarts too', async () => {
    bench.outbox.pause();
    const id = await bench.accept('hi');
    await bench.outbox.stop();
    bench.create().start();
    await bench.advance(HOUR_MS);
    expect([bench.state(id).name, bench.relaunches]).toEqual(['queued', 0]);
    bench.outbox.resume();
    await bench.reaches(id, 'dispatched');
  });
});
