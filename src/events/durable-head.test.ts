import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sequence, type BridgeEvent } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createJournal, type Journal } from './journal.ts';

const started: BridgeEvent = { type: 'bridge.started', version: '1' };

describe('what was written `soon`', () => {
  let folder: string;
  let store: Store;
  let clock: ManualClock;
  let flushes: PromiseWithResolvers<void>[];
  let failures: unknown[];
  let journal: Journal;
  let told: number[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-head-'));
    store = openStore(folder);
    clock = new ManualClock(1_800_000_000_000);
    [flushes, failures, told] = [[], [], []];
    journal = createJournal({
      // A disk that answers when the test says so.
      store: {
        ...store,
        flush: () => {
          const flush = Promise.withResolvers<void>();
          flushes.push(flush);
          return flush.promise;
        },
      },
      clock,
      bridgeId: 'b',
      epoch: 'e',
      onFlushFailure: (error) => failures.push(error),
    });
    journal.onAppend(() => told.push(journal.head()));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const seen = () =>
    journal.read(sequence(0), 10, { types: null, lines: null }).entries.map((entry) => entry.sequence);
  const write = (durability: 'now' | 'soon') => journal.write((append) => append(started), durability);

  it('is shown to nobody before it is on the disk', async () => {
    write('soon');
    expect([journal.head(), seen(), told]).toEqual([0, [], []]);
    flushes[0]?.resolve();
    await flushes[0]?.promise;
    expect([journal.head(), seen(), told]).toEqual([1, [1], [1]]);
  });

  it('is shown by a flush that began after it, not by one before', async () => {
    write('soon');
    write('soon');
    flushes[0]?.resolve();
    await flushes[0]?.promise;
    expect(seen()).toEqual([1]);
    flushes[1]?.resolve();
    await flushes[1]?.promise;
    expect([seen(), told]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('is on the disk with a later commit that asks for it', async () => {
    write('soon');
    write('now');
    expect([journal.head(), seen(), told]).toEqual([2, [1, 2], [2]]);
    flushes[0]?.resolve();
    await flushes[0]?.promise;
    expect(told).toEqual([2]);
  });

  it('waits on while the disk refuses, and asks again', async () => {
    write('soon');
    flushes[0]?.reject(new Error('EIO'));
    await expect(flushes[0]?.promise).rejects.toThrow('EIO');
    await Promise.resolve();
    expect([seen(), failures.length, flushes.length]).toEqual([[], 1, 1]);
    clock.advance(500);
    flushes[1]?.resolve();
    await flushes[1]?.promise;
    expect([seen(), told]).toEqual([[1], [1]]);
  });

  it('counts from what the store holds after a restart', () => {
    write('soon');
    const again = createJournal({ store, clock, bridgeId: 'b', epoch: 'e' });
    expect(again.head()).toBe(1);
  });
});
