/** Writes chat.db as Messages does, with the settings of Apple's SQLite, and stamps each COMMIT. */
import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { ChatDbWriter, type ChatPlace } from '../../src/simulator/index.ts';
import { serve, sharedMs } from './capture-child.ts';
import { eventKey, type Act, type OwnRow, type Sample, writerRequestSchema } from './capture-protocol.ts';

const THEM = '+15550001111';
const FOUR_YEARS_NS = 4n * 365n * 86_400_000_000_000n;

class Writer {
  readonly #db: Database.Database;
  readonly #writer: ChatDbWriter;
  readonly #chat: ChatPlace;
  readonly #walPath: string;
  #maxWalBytes = 0;
  #texts = 0;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#walPath = `${path}-wal`;
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = NORMAL');
    // The compile-time defaults of Apple's SQLite.
    this.#db.pragma('wal_autocheckpoint = 1000');
    this.#db.pragma('journal_size_limit = 32768');
    this.#writer = new ChatDbWriter(this.#db, { era: '26', line: '+15550009999', now: () => Date.now() });
    this.#chat = this.#writer.ensureChat({ style: 'direct', handle: THEM });
    this.#receive();
  }

  setSynchronous(level: 'NORMAL' | 'FULL'): void {
    this.#db.pragma(`synchronous = ${level}`);
  }

  oldRows(count: number): OwnRow[] {
    const rows = this.#db
      .prepare<[number], OwnRow>(
        `SELECT m.ROWID AS rowId, m.guid AS guid FROM message m
           JOIN chat_message_join j ON j.message_id = m.ROWID JOIN chat c ON c.ROWID = j.chat_id
          WHERE m.ROWID <= (SELECT MAX(ROWID) / 2 FROM message)
            AND m.is_from_me = 1 AND m.is_read = 0 AND m.date_read = 0 AND m.date_edited IS NULL AND m.item_type = 0
            AND m.service = 'iMessage' AND m.associated_message_guid IS NULL AND c.style = 45
          ORDER BY random() LIMIT ?`,
      )
      .all(count);
    if (rows.length < count) {
      throw new Error(`The history has only ${rows.length} rows of the ${count} that are to be read late.`);
    }
    const age = this.#db.prepare<[bigint, number]>('UPDATE message SET date = date - ? WHERE ROWID = ?');
    const ageJoin = this.#db.prepare<[bigint, number]>(
      'UPDATE chat_message_join SET message_date = message_date - ? WHERE message_id = ?',
    );
    this.#writer.together(() => {
      for (const { rowId } of rows) {
        age.run(FOUR_YEARS_NS, rowId);
        ageJoin.run(FOUR_YEARS_NS, rowId);
      }
    });
    return rows;
  }

  freshRows(count: number): OwnRow[] {
    return this.#writer.together(() =>
      Array.from({ length: count }, (_, index) =>
        this.#writer.insertOutgoing({ chat: this.#chat, text: `Answer ${index}`, sent: true }),
      ),
    );
  }

  async write(acts: readonly Act[], [least, most]: readonly [number, number]): Promise<Sample[]> {
    const samples: Sample[] = [];
    let due = sharedMs();
    for (const act of acts) {
      due += least + Math.random() * (most - least);
      await pause(Math.max(0, due - sharedMs()));
      samples.push(...this.#commit(() => [this.#carryOut(act)]));
    }
    return samples;
  }

  async burst(count: number, perTransaction: number): Promise<Sample[]> {
    const samples: Sample[] = [];
    while (samples.length < count) {
      const rows = Math.min(perTransaction, count - samples.length);
      samples.push(...this.#commit(() => Array.from({ length: rows }, () => this.#receive())));
      await pause(0);
    }
    return samples;
  }

  takeMaxWalBytes(): number {
    const bytes = this.#maxWalBytes;
    this.#maxWalBytes = 0;
    return bytes;
  }

  #carryOut(act: Act): string {
    switch (act.type) {
      case 'receive':
        return this.#receive();
      case 'deliver':
        this.#writer.markDelivered(act.row.rowId);
        return eventKey('message.delivered', act.row.guid);
      case 'read':
        this.#writer.markRead(act.row.rowId);
        return eventKey('message.read', act.row.guid);
      default:
        return act satisfies never;
    }
  }

  #receive(): string {
    this.#texts += 1;
    const text = `Are we still on for tomorrow, at the place near the station? This is number ${this.#texts}.`;
    const { guid } = this.#writer.insertIncoming({ chat: this.#chat, from: THEM, text });
    return eventKey('message.received', guid);
  }

  #commit(work: () => readonly string[]): Sample[] {
    this.#db.exec('BEGIN IMMEDIATE');
    const keys = work();
    const before = sharedMs();
    this.#db.exec('COMMIT');
    const after = sharedMs();
    this.#maxWalBytes = Math.max(this.#maxWalBytes, statSync(this.#walPath).size);
    return keys.map((key) => ({ key, before, after }));
  }
}

let writer: Writer | null = null;

serve(writerRequestSchema, async (request) => {
  if (request.kind === 'open') {
    writer = new Writer(request.path);
    return null;
  }
  if (writer === null) {
    throw new Error('The writer has no database yet.');
  }
  switch (request.kind) {
    case 'synchronous':
      writer.setSynchronous(request.level);
      return null;
    case 'old-rows':
      return writer.oldRows(request.count);
    case 'fresh-rows':
      return writer.freshRows(request.count);
    case 'write':
    case 'burst': {
      writer.takeMaxWalBytes();
      const samples =
        request.kind === 'write'
          ? await writer.write(request.acts, request.gapMs)
          : await writer.burst(request.count, request.perTransaction);
      return { samples, maxWalBytes: writer.takeMaxWalBytes() };
    }
    default:
      return request satisfies never;
  }
});
