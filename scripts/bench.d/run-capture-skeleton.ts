/**
 * The skeleton: what the daemon is made of, and nothing in it. One process watches chat.db and reads the new rows as the
 * floor does; another takes them over IPC, commits them, has the disk flushed on another thread, and tells a WebSocket
 * client. No page is followed, no column understood, no limit counted: what this costs, no daemon of this build can save.
 */
import { fork } from 'node:child_process';
import { fdatasync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { WebSocketServer } from 'ws';
import { serve, sharedMs } from './capture-child.ts';
import { follow, NEW_ROWS } from './capture-follow.ts';
import { eventKey, followerRequestSchema, type Seen } from './capture-protocol.ts';

interface NewRow {
  readonly ROWID: number;
  readonly guid: string;
  readonly text: string | null;
}

const [readPath] = process.argv.slice(2);
const seen: Seen[] = [];

/** The reading process. */
function read(path: string): void {
  process.on('disconnect', () => process.exit(0));
  const db = follow(path, 0, () => look());
  const fresh = db.prepare<[number], NewRow>(NEW_ROWS);
  let cursor = db.prepare<[], number>('SELECT MAX(ROWID) FROM message').pluck().get() ?? 0;
  const look = () => {
    for (let rows = fresh.all(cursor); rows.length > 0; rows = fresh.all(cursor)) {
      cursor = rows.at(-1)?.ROWID ?? cursor;
      process.send?.(rows);
    }
  };
  process.send?.([]);
}

/** The committing one. Resolves with the address of its stream once the other reads. */
async function commit(path: string): Promise<string> {
  const storePath = join(dirname(path), '..', 'skeleton.db');
  const store = new Database(storePath);
  store.pragma('journal_mode = WAL');
  store.pragma('synchronous = NORMAL');
  store.exec('CREATE TABLE journal (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  store.exec('CREATE TABLE position (id INTEGER PRIMARY KEY, row_id INTEGER NOT NULL)');
  const insert = store.prepare<[string]>('INSERT INTO journal (body) VALUES (?)');
  const move = store.prepare<[number]>('INSERT OR REPLACE INTO position (id, row_id) VALUES (1, ?)');
  const wal = openSync(`${storePath}-wal`, 'r+');
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => socket.send('{}'));
  await new Promise((resolve) => server.once('listening', resolve));
  const keep = store.transaction((rows: readonly NewRow[], bodies: readonly string[]) => {
    for (const body of bodies) {
      insert.run(body);
    }
    move.run(rows.at(-1)?.ROWID ?? 0);
  });
  const reader = fork(import.meta.filename, [path], { serialization: 'advanced' });
  await new Promise((resolve) => reader.once('message', resolve));
  reader.on('message', (rows: readonly NewRow[]) => {
    const bodies = rows.map((row) => JSON.stringify(wireEvent(row)));
    keep.immediate(rows, bodies);
    const at = sharedMs();
    seen.push(...rows.map(({ guid }) => ({ key: eventKey(TYPE, guid), at })));
    fdatasync(wal, () => server.clients.forEach((client) => bodies.forEach((body) => client.send(body))));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? `ws://127.0.0.1:${address.port}` : '';
}

const TYPE = 'message.received';

/** As long as the daemon's of the same text. */
function wireEvent({ guid, text }: NewRow): object {
  return { type: 'event', event: { type: TYPE, data: { guid, text, more: 'x'.repeat(700) } } };
}

if (readPath === undefined) {
  serve(followerRequestSchema, (request) => {
    switch (request.kind) {
      case 'open':
        return commit(request.path);
      case 'expect':
        return null;
      case 'collect':
        return seen.splice(0);
      default:
        return request satisfies never;
    }
  });
} else {
  read(readPath);
}
