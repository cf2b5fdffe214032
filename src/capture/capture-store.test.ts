import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aMessage } from '../../test/support/message.ts';
import { instant, messageGuid, rowId } from '../domain/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { migrations } from '../store/migrations.ts';
import { createCaptureStore, type CaptureStore } from './capture-store.ts';
import { guidChunks } from './guid-chunks.ts';
import { Prints } from './prints.ts';
import { rowStateOf } from './row-state.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const DAY_MS = 86_400_000;
const STATE = rowStateOf(aMessage());

const guid = (number: number) => messageGuid(`AAAAAAAA-0000-4000-8000-${String(number).padStart(12, '0')}`);

describe('what capture knows of the rows of another database', () => {
  let folder: string;
  let store: Store;
  let captureStore: CaptureStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'capture-store-'));
    store = openStore(folder);
    captureStore = createCaptureStore(store);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  const known = (...guids: readonly ReturnType<typeof guid>[]) => [...captureStore.knownGuids(guids)];
  const tell = (number: number, at: number) =>
    captureStore.saveToldRow(rowId(number), guid(number), STATE, instant(at));

  it('are the guids of those that it told, and of history', () => {
    tell(900, NOON);
    captureStore.saveGuids(
      guidChunks([1, 255, 256, 700].map((id) => ({ rowId: id, guid: guid(id) }))).chunks,
    );
    const asked = [0, 1, 2, 255, 256, 700, 701, 900].map(guid);
    expect(known(...asked).toSorted()).toEqual([1, 255, 256, 700, 900].map(guid));
    expect(known(messageGuid('no uuid'))).toEqual([]);
  });

  it('are for a month the guids of those that it told before, as the other may come back', () => {
    tell(1, NOON - 29 * DAY_MS);
    tell(2, NOON - 31 * DAY_MS);
    captureStore.forgetRows(instant(NOON));
    expect(captureStore.row(rowId(1))).toBeNull();
    expect(known(guid(1), guid(2), guid(3))).toEqual([guid(1)]);
    captureStore.forgetRows(instant(NOON + 2 * DAY_MS));
    expect(known(guid(1))).toEqual([]);
  });
});

it('reads the prints of a store whose chunks were four times as large', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capture-store-'));
  const prints = Float64Array.from({ length: 256 }, (_, index) => (index % 5 === 0 ? 0 : 1_000 + index));
  const step = migrations.findIndex((sql) => sql.includes('quarters'));
  const old = new Database(join(folder, 'blueline.db'));
  old.exec(`${migrations.slice(0, step).join(';')}; PRAGMA user_version = ${step}`);
  old
    .prepare('INSERT INTO capture_prints (source, chunk, prints) VALUES (?, ?, ?)')
    .run('message', 3, Buffer.from(prints.buffer));
  old.close();
  const store = openStore(folder);
  const loaded = new Prints('message');
  for (const part of createCaptureStore(store).prints()) {
    loaded.load(part);
  }
  loaded.finishLoading();
  expect(Array.from({ length: 256 }, (_, index) => loaded.get(3 * 256 + index))).toEqual([...prints]);
  expect([...loaded.idsIn({ after: 0, upTo: Infinity })]).toHaveLength(204);
  store.close();
  rmSync(folder, { recursive: true });
});
