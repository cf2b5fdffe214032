import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowId, sequence, type BridgeEvent } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createJournal, type Journal, type Projection } from './journal.ts';

const gap: BridgeEvent = {
  type: 'bridge.gap',
  reason: 'database_replaced',
  lastRowId: rowId(1),
  since: null,
};

describe('a projection', () => {
  let folder: string;
  let store: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-projection-'));
    store = openStore(folder);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const journalWith = (project: Projection): Journal =>
    createJournal({
      store,
      clock: new ManualClock(1_800_000_000_000),
      bridgeId: 'b',
      epoch: 'e',
      projections: [project],
    });
  const types = (journal: Journal): string[] =>
    journal
      .read(sequence(0), 10, { types: null, lines: null })
      .entries.map(({ json }) => /"type":"([^"]+)"/u.exec(json)?.[1] ?? '');

  it('is told of each event inside its transaction, and what it appends follows that event', () => {
    const journal = journalWith((event, append) => {
      expect(store.db.inTransaction).toBe(true);
      if (event.type === 'bridge.started') {
        append(gap);
      }
    });
    journal.write((append) => {
      append({ type: 'bridge.started', version: '1' });
      append({ type: 'bridge.health_changed', status: 'healthy', codes: [] });
    });
    expect(types(journal)).toEqual(['bridge.started', 'bridge.gap', 'bridge.health_changed']);
    expect(journal.head()).toBe(3);
  });

  it('undoes everything when it throws', () => {
    const journal = journalWith((event) => {
      if (event.type === 'bridge.gap') {
        throw new Error('no');
      }
    });
    expect(() =>
      journal.write((append) => {
        append({ type: 'bridge.started', version: '1' });
        append(gap);
      }),
    ).toThrow('no');
    expect(types(journal)).toEqual([]);
    expect(journal.head()).toBe(0);
    journal.write((append) => append({ type: 'bridge.started', version: '1' }));
    expect(journal.head()).toBe(1);
  });
});
