import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillDisk } from '../../test/support/full-disk.ts';
import { commandId } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createKnownRequests, type KnownRequests } from './known-requests.ts';

const REQUEST = { keyId: 'k', idempotencyKey: null, requestHash: 'the same words' };
const COMMAND = commandId('obx_1');
const FOUND = { command: COMMAND, isSame: true };

describe('requests without a key, on a disk that is full', () => {
  let folder: string;
  let store: Store;
  let clock: ManualClock;
  let known: KnownRequests;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'known-requests-'));
    store = openStore(folder);
    clock = new ManualClock(1_800_000_000_000);
    known = createKnownRequests(store, clock);
    known.add(REQUEST, COMMAND);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  /** As after a restart, when nothing is in memory. */
  const findAnew = () => createKnownRequests(store, clock).find(REQUEST);

  it('are new where the answer to an equal one arrived', () => {
    const disk = fillDisk(store);
    known.answered(COMMAND, true);
    expect(known.find(REQUEST)).toBeNull();
    disk.free();
    known.answered(commandId('obx_2'), true);
    expect(findAnew()).toBeNull();
  });

  it('are the repetition of one whose answer was written and did not arrive', () => {
    known.answered(COMMAND, true);
    const disk = fillDisk(store);
    known.answered(COMMAND, false);
    expect(known.find(REQUEST)).toEqual(FOUND);
    known.answered(COMMAND, false);
    disk.free();
    known.answered(commandId('obx_2'), true);
    expect(findAnew()).toEqual(FOUND);
  });
});
