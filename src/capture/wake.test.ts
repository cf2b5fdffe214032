import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { until } from './test-capture.ts';
import { startWake, type Wake } from './wake.ts';

describe('what wakes the reader', () => {
  let folder: string;
  let wal: string;
  let fd: number;
  let clock: ManualClock;
  let looks: number;
  /** How many looks there had been whenever it was waited for a commit. */
  let waits: number[];
  let isSettled: boolean;
  let isStill: boolean;
  let wake: Wake;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wake-'));
    wal = join(folder, 'chat.db-wal');
    writeFileSync(wal, 'log');
    // As SQLite and the follower do: a file that is open somewhere is deleted without becoming free.
    fd = openSync(wal, 'r');
    clock = new ManualClock(1_800_000_000_000);
    [looks, waits, isSettled, isStill] = [0, [], false, false];
    wake = startWake(join(folder, 'chat.db'), clock, {
      look: () => {
        looks += 1;
      },
      awaitCommit: () => void waits.push(looks),
      isSettled: () => isSettled,
      isStill: () => isStill,
      onBeat: () => undefined,
    });
  });
  afterEach(async () => {
    await wake.stop();
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  const looked = () => until(() => expect(looks).toBeGreaterThan(0));

  it('looks at once, and goes on looking for a commit that no event will tell', async () => {
    appendFileSync(wal, 'frame');
    await looked();
    expect(waits[0]).toBe(0);
    expect(wake.takeDoubt()).toBe(false);
    const before = looks;
    clock.advance(120);
    expect(looks - before).toBe(6);
    clock.advance(100);
    expect(looks - before).toBe(6);
  });

  it('goes on no longer once all that was written has been seen', async () => {
    appendFileSync(wal, 'frame');
    await looked();
    isSettled = true;
    const before = looks;
    clock.advance(120);
    expect(looks).toBe(before);
  });

  it('doubts the files at once when the one that is watched has been deleted', async () => {
    rmSync(wal);
    await looked();
    expect(wake.takeDoubt()).toBe(true);
  });

  it('looks each quarter of a second without any event, and doubts the files each second', () => {
    clock.advance(750);
    expect([looks, wake.takeDoubt()]).toEqual([3, false]);
    clock.advance(250);
    expect([looks, wake.takeDoubt()]).toEqual([4, true]);
  });

  it('looks each second alone while a look would find nothing, and at once when it would again', async () => {
    isStill = true;
    clock.advance(3_000);
    expect([looks, wake.takeDoubt()]).toEqual([3, true]);
    isStill = false;
    clock.advance(250);
    expect(looks).toBe(4);
    isStill = true;
    appendFileSync(wal, 'frame');
    await until(() => expect(looks).toBeGreaterThan(4));
  });
});
