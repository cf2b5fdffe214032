import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { happen as happenIn } from '../../test/support/journal.ts';
import { sequence } from '../domain/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { journalPort } from './journal-port.ts';

let folder: string;
let store: Store;
let journal: Journal;
const clock = new ManualClock(1_800_000_000_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-port-'));
  store = openStore(folder);
  journal = createJournal({ store, clock, bridgeId: 'b', epoch: 'e' });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const happen = (count: number) => happenIn(journal, count);
const read = (after: number, types: readonly string[] | null, limit = 10) =>
  journalPort(journal).read(sequence(after), { limit, types, lines: null });

it('looks for what a filter lets pass slice by slice, and lets others work in between', async () => {
  happen(51_000);
  journal.write((append) => append({ type: 'bridge.health_changed', status: 'healthy', codes: [] }));
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) {
      setImmediate(turn);
    }
  };
  setImmediate(turn);
  const first = await read(0, ['bridge.health_changed']);
  isDone = true;
  expect(turns).toBeGreaterThan(90);
  // One request searches only so far: the next goes on from there, and finds it.
  expect(first).toEqual({ events: [], scannedTo: 50_000 });
  expect(await read(first.scannedTo, ['bridge.health_changed'])).toMatchObject({
    events: [{ sequence: 51_001 }],
    scannedTo: 51_001,
  });
});

it('says how far it has looked, whether the page is full or not', async () => {
  happen(1_200);
  expect((await read(0, null)).scannedTo).toBe(10);
  expect((await read(1_195, null)).events.map((event) => event.sequence)).toEqual([
    1_196, 1_197, 1_198, 1_199, 1_200,
  ]);
  expect(await read(1_200, null)).toEqual({ events: [], scannedTo: 1_200 });
});
