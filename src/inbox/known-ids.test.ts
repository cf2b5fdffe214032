import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileId, messageId } from '../contract/index.ts';
import { messageGuid, rowId } from '../domain/index.ts';
import { createLogger } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createKnownIds, type KnownIds } from './known-ids.ts';

/** A table of guids by ROWID, with a count of how many rows were read. */
class Guids {
  readonly rows = new Map<number, string>();
  read = 0;

  after(after: number, limit: number): { rowId: number; guid: string }[] {
    const found = [...this.rows]
      .filter(([id]) => id > after)
      .toSorted(([a], [b]) => a - b)
      .slice(0, limit)
      .map(([id, guid]) => ({ rowId: id, guid }));
    this.read += found.length;
    return found;
  }
}

let folder: string;
let store: Store;
let messages: Guids;
let files: Guids;
let databaseId: string;
let logLines: string[];
let ids: KnownIds;

const idOf = (guid: string) => messageId(messageGuid(guid));

function openIds(): KnownIds {
  const db = {
    databaseId: () => databaseId,
    messageGuids: (after: number, limit: number) =>
      messages.after(after, limit).map((row) => ({ rowId: rowId(row.rowId), guid: messageGuid(row.guid) })),
    attachmentGuids: (after: number, limit: number) => files.after(after, limit),
  };
  return createKnownIds({
    store,
    source: { use: (read) => read(db) },
    log: createLogger('info', { write: (line) => void logLines.push(line) }),
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-ids-'));
  store = openStore(folder);
  messages = new Guids();
  files = new Guids();
  databaseId = 'D1';
  logLines = [];
  ids = openIds();
  for (let id = 1; id <= 12_000; id += 1) {
    messages.rows.set(id, `G${id}`);
  }
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('known ids', () => {
  it('are found whichever row has them', async () => {
    files.rows.set(3, 'at_0');
    expect(await ids.find('message', idOf('G1'))).toBe('G1');
    expect(await ids.find('message', idOf('G12000'))).toBe('G12000');
    expect(await ids.find('file', fileId('at_0'))).toBe('at_0');
    expect(await ids.find('file', idOf('G1'))).toBeNull();
    expect(logLines.join('')).toContain('Ids have been indexed');
  });

  it('cost one look each once they are known, existing or not, also after a restart', async () => {
    await ids.find('message', idOf('none'));
    expect(messages.read).toBeGreaterThanOrEqual(12_000);
    ids = openIds();
    messages.read = 0;
    expect(await ids.find('message', idOf('G77'))).toBe('G77');
    expect(await ids.find('message', idOf('nothing'))).toBeNull();
    expect(messages.read).toBeLessThan(5);
  });

  it('are found of rows that came since', async () => {
    await ids.find('message', idOf('G1'));
    messages.rows.set(12_005, 'NEW');
    messages.read = 0;
    expect(await ids.find('message', idOf('NEW'))).toBe('NEW');
    expect(messages.read).toBeLessThan(5);
  });

  it('are gone with their rows, at no cost', async () => {
    await ids.find('message', idOf('G1'));
    messages.rows.delete(5);
    messages.rows.delete(12_000);
    messages.read = 0;
    expect(await ids.find('message', idOf('G5'))).toBeNull();
    expect(await ids.find('message', idOf('G12000'))).toBeNull();
    expect(messages.read).toBeLessThan(5);
  });

  it('are found where the rows were numbered anew', async () => {
    await ids.find('message', idOf('G1'));
    const guids = [...messages.rows.values()];
    messages.rows.clear();
    guids.forEach((guid, index) => messages.rows.set(index + 3, guid));
    expect(await ids.find('message', idOf('G500'))).toBe('G500');
    expect(await ids.find('message', idOf('G12000'))).toBe('G12000');
    expect(await ids.find('message', idOf('G1'))).toBe('G1');
  });

  it('are read anew from another database', async () => {
    await ids.find('message', idOf('G1'));
    databaseId = 'D2';
    messages.rows.clear();
    messages.rows.set(9, 'OTHER');
    expect(await ids.find('message', idOf('OTHER'))).toBe('OTHER');
    expect(await ids.find('message', idOf('G9'))).toBeNull();
  });

  it('are indexed once for many who ask at the same time', async () => {
    const asked = Array.from({ length: 50 }, (_, index) => `G${index * 200 + 1}`);
    expect(await Promise.all(asked.map((guid) => ids.find('message', idOf(guid))))).toEqual(asked);
    expect(messages.read).toBeLessThan(12_500);
  });

  it('are asked for again after a failure', async () => {
    const failing = createKnownIds({
      store,
      source: {
        use: () => {
          throw new Error('locked');
        },
      },
      log: createLogger('silent'),
    });
    await expect(failing.find('message', idOf('G1'))).rejects.toThrow('locked');
    await expect(failing.find('message', idOf('G1'))).rejects.toThrow('locked');
    expect(await ids.find('message', idOf('G1'))).toBe('G1');
  });
});
