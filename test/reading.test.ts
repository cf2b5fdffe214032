import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowId, type Message } from '../src/domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../src/messages-db/messages-db.ts';
import { createChatDb, ERAS, writeCatalogue, type CatalogueEntry, type Era } from '../src/simulator/index.ts';

interface Reading {
  readonly entries: readonly CatalogueEntry[];
  readonly messages: ReadonlyMap<string, Message>;
  /** The same rows as the export reads them. */
  readonly exported: readonly Message[];
  /** How many rows the database has. */
  readonly rows: number;
}

/** Small slices, so that rows are met in more than one read. */
const SLICE = 50;

function readCatalogue(folder: string, era: Era): Reading {
  const path = join(folder, 'chat.db');
  const db = createChatDb(path, era);
  const entries = writeCatalogue(db, era, folder);
  const rows = Number(db.prepare('SELECT count(*) FROM message').pluck().get());
  const reader = openMessagesDb(path);
  try {
    return { entries, rows, messages: readOn(reader), exported: exportAll(reader) };
  } finally {
    reader.close();
    db.close();
  }
}

function readOn(reader: MessagesDb): Map<string, Message> {
  const messages = new Map<string, Message>();
  let after = rowId(0);
  for (;;) {
    const slice = reader.readAfter(after, SLICE);
    const last = slice.at(-1);
    if (last === undefined) {
      return messages;
    }
    for (const { message } of slice) {
      messages.set(message.guid, message);
    }
    after = last.message.rowId;
  }
}

function exportAll(reader: MessagesDb): Message[] {
  const messages: Message[] = [];
  let next: Message['rowId'] | null = rowId(0);
  while (next !== null) {
    const slice = reader.exportRows({ after: next, limit: SLICE });
    messages.push(...slice.messages);
    next = slice.next;
  }
  return messages;
}

/** What the catalogue must at least hold, so that the suite cannot pass on little. */
const LEAST_ROWS = 150;

describe.each(ERAS)('every kind of row of macOS %s', (era) => {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-reading-'));
  let reading: Reading = { entries: [], messages: new Map(), exported: [], rows: 0 };
  beforeAll(() => {
    reading = readCatalogue(folder, era);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is read: none is missing and none is made up', () => {
    expect(reading.rows).toBeGreaterThan(LEAST_ROWS);
    expect(reading.messages.size).toBe(reading.rows);
    expect(reading.entries.map((entry) => entry.guid).sort()).toEqual([...reading.messages.keys()].sort());
    expect(new Set(reading.entries.map((entry) => entry.name)).size).toBe(reading.entries.length);
  });

  it('says what the catalogue says of it', () => {
    const wrong: string[] = [];
    for (const { name, guid, expected } of reading.entries) {
      try {
        expect(reading.messages.get(guid)).toMatchObject(expected);
      } catch (error) {
        wrong.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is the same in an export', () => {
    expect(reading.exported).toEqual([...reading.messages.values()]);
  });

  it('is plain data: it survives JSON', () => {
    for (const [guid, message] of reading.messages) {
      expect(JSON.parse(JSON.stringify(message)), guid).toEqual(message);
    }
  });
});
