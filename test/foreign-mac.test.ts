import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';

const KIM = '+15550001111';
const APPLE_NS = (Date.now() - Date.UTC(2001, 0, 1)) * 1_000_000;
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

/** The tables of macOS 12 in their plainest form, written by hand: nothing here comes from the project's simulator. */
const SCHEMA = `
  CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, country TEXT, service TEXT NOT NULL, UNIQUE (id, service));
  CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER, state INTEGER, account_login TEXT,
    chat_identifier TEXT, service_name TEXT, room_name TEXT, display_name TEXT, last_addressed_handle TEXT);
  CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
    attributedBody BLOB, service TEXT, account TEXT, error INTEGER DEFAULT 0, date INTEGER, date_read INTEGER, date_delivered INTEGER,
    is_delivered INTEGER DEFAULT 0, is_finished INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0, is_read INTEGER DEFAULT 0, is_sent INTEGER DEFAULT 0,
    cache_has_attachments INTEGER DEFAULT 0, cache_roomnames TEXT, item_type INTEGER DEFAULT 0, destination_caller_id TEXT);
  CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0, PRIMARY KEY (chat_id, message_id));
  CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE (chat_id, handle_id));
  CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, filename TEXT, mime_type TEXT, transfer_state INTEGER, transfer_name TEXT, total_bytes INTEGER);
  CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER, UNIQUE (message_id, attachment_id));
  INSERT INTO handle (id, service) VALUES ('${KIM}', 'iMessage');
  INSERT INTO chat (guid, style, chat_identifier, service_name, account_login, last_addressed_handle)
    VALUES ('iMessage;-;${KIM}', 45, '${KIM}', 'iMessage', 'E:me@example.com', '+15557770000');
  INSERT INTO chat_handle_join VALUES (1, 1);
`;

describe('a database and an osascript that the project did not make', () => {
  let folder: string;
  let db: Database.Database;
  let bridge: BridgeProcess;

  afterEach(cleanUp);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-foreign-'));
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    db = new Database(join(folder, 'chat.db'));
    atEnd(() => db.close());
    db.pragma('journal_mode = WAL');
    db.exec(SCHEMA);
    writeFileSync(join(folder, 'osascript'), standIn(folder));
    chmodSync(join(folder, 'osascript'), 0o755);
    bridge = await startBridge({
      home: join(folder, 'home'),
      database: join(folder, 'chat.db'),
      osascript: join(folder, 'osascript'),
    });
  });

  it('serve for reading and for sending', async () => {
    const reader = bridge.stream();
    await until(() => expect(reader.frames.at(-1)?.['type']).toBe('caught_up'));
    db.prepare(
      `INSERT INTO message (guid, text, handle_id, service, date, is_finished, destination_caller_id)
       VALUES ('IN-1', 'from another program', 1, 'iMessage', ?, 1, '+15557770000')`,
    ).run(APPLE_NS);
    db.exec('INSERT INTO chat_message_join (chat_id, message_id) VALUES (1, 1)');
    await until(() =>
      expect(reader.events().find((event) => event.type === 'message.received')?.data).toMatchObject({
        guid: 'IN-1',
        text: 'from another program',
        sender: KIM,
        line_handle: '+15557770000',
      }),
    );

    const sent = await bridge.request('POST', '/v1/messages', { to: KIM, text: 'to "another" program' });
    expect(sent.status).toBe(201);
    await until(async () =>
      expect((await bridge.request('GET', `/v1/outbox/${String(sent.body['id'])}`)).body).toMatchObject({
        state: 'sent',
        guid: 'OUT-1',
      }),
    );
    const call: unknown = JSON.parse(readFileSync(join(folder, 'call.json'), 'utf8'));
    expect(call).toEqual({
      args: ['-l', 'AppleScript', '-', 'chat', `iMessage;-;${KIM}`, '-', 'to "another" program'],
      firstLine: '-- blueline send-text 1',
    });
  });
});

/** A shell script that hands over to a program of its own: records how it was called, and writes the row that Messages would. */
function standIn(folder: string): string {
  const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');
  const program = join(folder, 'program.cjs');
  writeFileSync(
    program,
    `const fs = require('node:fs');
     const script = fs.readFileSync(0, 'utf8');
     const args = process.argv.slice(2);
     const [firstLine] = script.split('\\n');
     if (firstLine === '-- blueline probe 1') { console.log('running: true'); process.exit(0); }
     fs.writeFileSync(${JSON.stringify(join(folder, 'call.json'))}, JSON.stringify({ args, firstLine }));
     const db = new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(join(folder, 'chat.db'))});
     db.transaction(() => {
       const { lastInsertRowid } = db.prepare("INSERT INTO message (guid, text, service, date, is_finished, is_from_me, is_sent) VALUES ('OUT-1', ?, 'iMessage', ?, 1, 1, 1)").run(args[6], ${APPLE_NS} + 1);
       db.prepare('INSERT INTO chat_message_join (chat_id, message_id) VALUES (1, ?)').run(lastInsertRowid);
     })();
     db.close();
     console.error('phase: resolved');
     console.log('sent');`,
  );
  return `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
}
