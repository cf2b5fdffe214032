import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { happen as happenIn } from '../../test/support/journal.ts';
import type { Gap } from '../contract/index.ts';
import { sequence } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { HIGH_WATER_BYTES, JournalPump, STALL_MS } from './journal-pump.ts';
import { createJournal, type Journal } from './journal.ts';

const DAY_MS = 86_400_000;
const KEEP = { ms: DAY_MS, bytes: 0, maxBytes: Infinity };

let folder: string;
let store: Store;
let clock: ManualClock;
let journal: Journal;
let buffered = 0;
let got: (number | Gap | 'cut' | 'caught up')[] = [];
let pump: JournalPump;
const abort = new AbortController();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-pump-'));
  store = openStore(folder);
  clock = new ManualClock(1_800_000_000_000);
  journal = createJournal({ store, clock, bridgeId: 'b', epoch: 'e' });
  buffered = 0;
  got = [];
  pump = new JournalPump({
    journal,
    filter: { types: null, lines: null },
    clock,
    outlet: {
      buffered: () => buffered,
      event: (entry) => void got.push(entry.sequence),
      gap: (gap) => void got.push(gap),
      caughtUp: () => void got.push('caught up'),
      cut: () => void got.push('cut'),
    },
  });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const happen = (count: number) => happenIn(journal, count);

describe('a reader that cannot keep up', () => {
  it('is sent one event beyond a full buffer, and told what retention took meanwhile', async () => {
    happen(400);
    pump.begin(sequence(0));
    buffered = HIGH_WATER_BYTES + 1;
    const turn = pump.turn(abort.signal);
    await vi.waitFor(() => expect(got).toEqual([1]));
    clock.advance(5);
    expect(journal.prune({ ...KEEP, ms: 1 }, 1_000)).toBe(400);
    happen(1);
    buffered = 0;
    clock.advance(20);
    await turn;
    // The page that it had begun with goes out whole; what lay behind it is gone.
    expect(got.slice(0, 250)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(got.slice(250)).toEqual([{ from: 251, to: 400, reason: 'retention' }, 401, 'caught up']);
  });

  it('is cut once nothing has moved for so long, and not while something does', async () => {
    happen(2);
    pump.begin(sequence(0));
    buffered = HIGH_WATER_BYTES * 3;
    const stopping = new AbortController();
    const turn = pump.turn(stopping.signal);
    await vi.waitFor(() => expect(got).toEqual([1]));
    clock.advance(STALL_MS - 20);
    buffered -= 1;
    clock.advance(STALL_MS - 20);
    expect(got).toEqual([1]);
    clock.advance(40);
    expect(got).toEqual([1, 'cut']);
    stopping.abort();
    await turn;
  });
});

describe('retention', () => {
  it('keeps what is young or what there is room for, whichever is more', () => {
    happen(3);
    clock.advance(2 * DAY_MS);
    happen(2);
    expect(journal.prune({ ...KEEP, bytes: 1e12 }, 100)).toBe(0);
    expect(journal.prune(KEEP, 2)).toBe(2);
    expect(journal.prune(KEEP, 100)).toBe(1);
    expect([journal.oldest(), journal.prune(KEEP, 100)]).toEqual([4, 0]);
  });

  it('goes by its ceiling whatever the age, and leaves the newest', () => {
    happen(10_500);
    const full = { ...KEEP, maxBytes: 1 };
    expect(journal.prune(full, 300)).toBe(300);
    expect(journal.prune(full, 300)).toBe(300);
    expect(journal.prune(full, 300)).toBe(0);
    expect(journal.oldest()).toBe(601);
    happen(1);
    expect(journal.head()).toBe(10_501);
  });
});
