import type Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { instant } from '../domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace } from '../simulator/index.ts';
import { JOINED_TABLES, type Hints } from './change-source.ts';
import { presentOf } from './identity.ts';
import type { PrintChunk } from './prints.ts';
import { RowChanges } from './row-changes.ts';

const LINE = '+15559990000';
const ROWS = 1_000;

let folder: string;
let db: Database.Database;
let writer: ChatDbWriter;
let chat: ChatPlace;
let reader: MessagesDb;
/** What the daemon has committed: prints, and the place in the join tables. */
let stored: Map<string, PrintChunk>;
let joins: { chatJoin: number; attachmentJoin: number };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'row-changes-'));
  db = createChatDb(join(folder, 'chat.db'), '26');
  writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => Date.now() });
  chat = writer.ensureChat({ style: 'direct', handle: KIM });
  receive(ROWS);
  reader = openMessagesDb(join(folder, 'chat.db'));
  stored = new Map();
  joins = { chatJoin: 0, attachmentJoin: 0 };
  // All that is there has been noted.
  lookOn(started(EVERYTHING));
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true });
});

function receive(rows: number): void {
  writer.together(() => {
    for (let row = 0; row < rows; row += 1) {
      writer.insertIncoming({ chat, from: KIM, text: `text ${row}` });
    }
  });
}

/** A reading process that begins with what is stored. */
function started(hints: Hints): RowChanges {
  const changes = new RowChanges();
  changes.follow({ ...presentOf(reader, instant(Date.now())), ...joins });
  for (const { table, chunk, prints } of stored.values()) {
    changes.prints[table].load({ chunks: [chunk], prints });
  }
  changes.prints.message.finishLoading();
  changes.prints.attachment.finishLoading();
  changes.hint(hints);
  return changes;
}

const EVERYTHING: Hints = {
  isQuiet: false,
  message: [{ after: 0, upTo: 2 * ROWS }],
  attachment: [],
  joins: JOINED_TABLES,
  lost: null,
};
const JOINS_WRITTEN: Hints = { ...EVERYTHING, message: [] };

/** One look, committed: the rows that it tells. */
function look(changes: RowChanges): number[] {
  const found = reader.snapshot(() => changes.collect(reader, 2 * ROWS, () => false));
  for (const chunk of changes.takePrints()) {
    stored.set(`${chunk.table} ${chunk.chunk}`, chunk);
  }
  joins = changes.joinCursor();
  return found.changedRows.map(({ message }) => message.rowId);
}

/** Looks until there is nothing left to look at. */
function lookOn(changes: RowChanges): number[] {
  const told = look(changes);
  return changes.isIdle ? told : [...told, ...lookOn(changes)];
}

const ascending = (ids: Iterable<number>) => [...new Set(ids)].toSorted((a, b) => a - b);

function restore(rowId: number): void {
  writer.together(() => {
    db.prepare(
      'INSERT INTO chat_message_join (chat_id, message_id, message_date) SELECT chat_id, message_id, 1 FROM chat_recoverable_message_join WHERE message_id = ?',
    ).run(rowId);
    db.prepare('DELETE FROM chat_recoverable_message_join WHERE message_id = ?').run(rowId);
  });
}

describe('RowChanges', () => {
  it('notices a message that goes to Recently Deleted again, having come back while nobody looked', () => {
    const before = started(EVERYTHING);
    writer.moveToRecentlyDeleted(7);
    before.hint(JOINS_WRITTEN);
    expect(lookOn(before)).toContain(7);

    restore(7);
    // The newest joins are looked at with more care: this one is not among them.
    receive(100);
    // What was missed is compared slice by slice, later; the join tells of this row at once.
    const after = started(JOINS_WRITTEN);
    expect(lookOn(after)).toContain(7);
    writer.moveToRecentlyDeleted(7);
    after.hint(JOINS_WRITTEN);
    expect(lookOn(after)).toEqual([7]);
  });

  it('notices a message that goes to Recently Deleted again, its return having been read before it was hinted at', () => {
    const changes = started(EVERYTHING);
    writer.moveToRecentlyDeleted(7);
    changes.hint(JOINS_WRITTEN);
    expect(lookOn(changes)).toContain(7);

    // Another message's join was hinted at; the look that follows sees this one as well.
    restore(7);
    // The newest joins are looked at with more care: this one is not among them.
    receive(100);
    changes.hint({ ...JOINS_WRITTEN, joins: new Set(['chat_message_join'] as const) });
    expect(lookOn(changes)).toContain(7);
    writer.moveToRecentlyDeleted(7);
    changes.hint(JOINS_WRITTEN);
    expect(lookOn(changes)).toEqual([7]);
  });

  it('tells all of many changes though the daemon was killed after the first of them', () => {
    const changed = Array.from({ length: ROWS }, (_, index) => index + 1);
    writer.together(() => changed.forEach((id) => writer.markRead(id)));
    const told = look(started(EVERYTHING));
    expect(told.length).toBeLessThan(ROWS);
    expect(ascending([...told, ...lookOn(started(EVERYTHING))])).toEqual(changed);
  });

  it('tells all of many late joins though the daemon was killed after the first of them', () => {
    const rows = writer.together(() =>
      Array.from({ length: ROWS }, () =>
        writer.insertIncoming({ chat, from: KIM, text: 'late', join: 'late' }),
      ),
    );
    const before = started(EVERYTHING);
    lookOn(before);
    writer.together(() =>
      rows.forEach((row) =>
        db
          .prepare('INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (?, ?, 1)')
          .run(chat.rowId, row.rowId),
      ),
    );
    before.hint(JOINS_WRITTEN);
    const told = look(before);
    expect(told.length).toBeLessThan(ROWS);
    expect(ascending([...told, ...lookOn(started(EVERYTHING))])).toEqual(rows.map((row) => row.rowId));
  });
});
