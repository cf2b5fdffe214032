import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { bodyBlob, partsOf, previewOf, summaryBlob, tapbackBody } from './capture-content.ts';
import type { FlagChange, Op, Order, WriterTransaction } from './capture-ops.ts';
import { appleNanoseconds } from './capture-apple-time.ts';

type Value = string | number | bigint | Buffer | null;

const LINE = '+15550009999';
/** Where the number of the last committed step stands: a row of a table that tells nobody anything. */
const STEP_KEY = 'storm.step';
/** So few pages may be held in memory that a transaction's pages go to the WAL before it ends. */
const SPILLING_PAGES = 8;

const FLAGS: Readonly<Record<FlagChange, string>> = {
  sent: 'is_finished = 1, is_sent = 1, error = 0',
  delivered: 'is_delivered = 1, date_delivered = @at',
  read: 'is_read = 1, date_read = @at',
  delivered_read: 'is_delivered = 1, date_delivered = @at, is_read = 1, date_read = @at',
  owner_read: 'is_read = 1, date_read = @at',
  failed: 'error = 22, is_finished = 1, is_sent = 0',
  retried: 'error = 0, is_finished = 1, is_sent = 1',
};

/** A connection that changes chat.db the way Messages does, with statements of its own. */
export class WriterDb {
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement<Value[]>>();
  readonly #pragmas = new Map<string, number>();
  #db: Database.Database;

  constructor(path: string) {
    this.#path = path;
    this.#db = this.#open();
  }

  write(transaction: WriterTransaction, step: number): void {
    const { ops, isRolledBack, crashBefore } = transaction;
    const isSpilling = isRolledBack || crashBefore !== null;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      if (isSpilling) {
        this.#db.pragma(`cache_size = ${SPILLING_PAGES}`);
      }
      for (const [index, op] of ops.entries()) {
        if (index === crashBefore) {
          process.kill(process.pid, 'SIGKILL');
        }
        this.#carryOut(op);
      }
      this.#run('INSERT OR REPLACE INTO kvtable (key, value) VALUES (?, ?)', STEP_KEY, step);
      this.#db.exec(isRolledBack ? 'ROLLBACK' : 'COMMIT');
    } catch (error) {
      if (this.#db.inTransaction) {
        this.#db.exec('ROLLBACK');
      }
      throw error;
    } finally {
      if (isSpilling) {
        this.#db.pragma('cache_size = -2000');
      }
    }
  }

  lastStep(): number {
    const row = this.#db
      .prepare<[string], { value: number }>('SELECT value FROM kvtable WHERE key = ?')
      .get(STEP_KEY);
    return row?.value ?? 0;
  }

  pragma(name: string, value: number): void {
    this.#pragmas.set(name, value);
    this.#db.pragma(`${name} = ${value}`);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Whether it went through: a reader within a transaction keeps part of the WAL from being copied. */
  checkpoint(mode: string): boolean {
    return this.#db.pragma(`wal_checkpoint(${mode})`, { simple: true }) === 0;
  }

  /** Whether it was done as asked, and not only closed and opened. */
  reopen(asked: Extract<Order, { order: 'reopen' }>['how']): boolean {
    // Commits that are in the WAL alone would go with it: a reader that was stopped within a look holds it open.
    const how = asked === 'close' || this.checkpoint('TRUNCATE') ? asked : 'close';
    this.#statements.clear();
    this.#db.close();
    if (how === 'replace') {
      copyFileSync(this.#path, `${this.#path}.copy`);
    }
    if (how !== 'close') {
      rmSync(`${this.#path}-wal`, { force: true });
      rmSync(`${this.#path}-shm`, { force: true });
    }
    if (how === 'replace') {
      renameSync(`${this.#path}.copy`, this.#path);
    }
    this.#db = this.#open();
    return how === asked;
  }

  #open(): Database.Database {
    const db = new Database(this.#path, { timeout: 10_000 });
    db.pragma('journal_mode = WAL');
    db.pragma('foreign_keys = ON');
    db.pragma('synchronous = NORMAL');
    for (const [name, value] of this.#pragmas) {
      db.pragma(`${name} = ${value}`);
    }
    return db;
  }

  /** An op that fails is named: SQLite tells only the column. */
  #carryOut(op: Op): void {
    try {
      this.#apply(op);
    } catch (error) {
      const chat = 'chat' in op ? ` in ${op.chat}` : '';
      throw new Error(`${op.op}${chat}: ${String(error)}`, { cause: error });
    }
  }

  #apply(op: Op): void {
    switch (op.op) {
      case 'message':
        this.#message(op);
        return;
      case 'tapback':
        this.#tapback(op);
        return;
      case 'group':
        this.#group(op);
        return;
      case 'chat':
        this.#chat(op);
        return;
      case 'flags':
        this.#flags(op);
        return;
      case 'content':
        this.#content(op);
        return;
      case 'join':
        this.#join(op.guid, op.chat);
        return;
      case 'preview':
        this.#run(
          `UPDATE message SET balloon_bundle_id = 'com.apple.messages.URLBalloonProvider', payload_data = ? WHERE guid = ?`,
          previewOf(op.title),
          op.guid,
        );
        return;
      case 'file':
        this.#run('UPDATE attachment SET transfer_state = ? WHERE guid = ?', op.state, op.file);
        return;
      case 'recent':
      case 'restore':
      case 'purge':
        this.#deletion(op);
        return;
      case 'noise':
        this.#run(
          `UPDATE message SET sort_id = ?, ck_sync_state = 1, ck_record_id = ?, was_data_detected = 1 WHERE guid = ?`,
          op.value,
          `record-${op.value}`,
          op.guid,
        );
        return;
      default:
        op satisfies never;
    }
  }

  #message(op: Extract<Op, { op: 'message' }>): void {
    const isOwn = op.from === null;
    const date = appleNanoseconds(op.at) + BigInt(op.nanoseconds);
    const handle = isOwn ? this.#memberOf(op.chat) : this.#handle(op.from);
    this.#insert('message', {
      ...common(op.guid, date),
      handle_id: handle,
      is_from_me: isOwn ? 1 : 0,
      is_finished: !isOwn || op.isSent ? 1 : 0,
      is_sent: isOwn && op.isSent ? 1 : 0,
      is_delivered: isOwn ? 0 : 1,
      is_read: op.isRead ? 1 : 0,
      date_read: op.isRead ? date : 0,
      is_audio_message: op.isAudio ? 1 : 0,
      attributedBody: bodyBlob(op.content),
      message_summary_info: summaryBlob(op.content, isOwn),
      part_count: op.files.length + 1,
    });
    if (op.isJoined) {
      this.#join(op.guid, op.chat);
    }
    for (const file of op.files) {
      this.#file(op.guid, file.guid, file.state);
    }
  }

  /** The file lies there from the beginning; the row says when it may be used. */
  #file(message: string, guid: string, state: number): void {
    const folder = join('Attachments', guid.slice(-2), guid);
    mkdirSync(join(dirname(this.#path), folder), { recursive: true });
    writeFileSync(join(dirname(this.#path), folder, 'picture.jpg'), 'picture');
    this.#insert('attachment', {
      guid,
      original_guid: guid,
      filename: `~/Library/Messages/${folder}/picture.jpg`,
      mime_type: 'image/jpeg',
      uti: 'public.jpeg',
      transfer_state: state,
      transfer_name: 'picture.jpg',
      total_bytes: 7,
    });
    this.#run(
      `INSERT INTO message_attachment_join (message_id, attachment_id)
       VALUES ((SELECT ROWID FROM message WHERE guid = ?), (SELECT ROWID FROM attachment WHERE guid = ?))`,
      message,
      guid,
    );
  }

  #tapback(op: Extract<Op, { op: 'tapback' }>): void {
    if (op.replaces !== null) {
      this.#run('DELETE FROM message WHERE guid = ?', op.replaces);
    }
    this.#insert('message', {
      ...common(op.guid, appleNanoseconds(op.at)),
      handle_id: op.from === null ? 0 : this.#handle(op.from),
      is_from_me: op.from === null ? 1 : 0,
      is_finished: 1,
      is_sent: op.from === null ? 1 : 0,
      is_delivered: op.from === null ? 0 : 1,
      attributedBody: tapbackBody(),
      associated_message_guid: `p:0/${op.target}`,
      associated_message_type: op.code,
      associated_message_range_length: 5,
    });
    this.#join(op.guid, op.chat);
  }

  #group(op: Extract<Op, { op: 'group' }>): void {
    this.#insert('message', {
      ...common(op.guid, appleNanoseconds(op.at)),
      handle_id: op.from === null ? 0 : this.#handle(op.from),
      other_handle: op.who === null ? 0 : this.#handle(op.who),
      is_from_me: op.from === null ? 1 : 0,
      is_finished: 1,
      is_sent: op.from === null ? 1 : 0,
      item_type: op.itemType,
      group_action_type: op.action,
      group_title: op.title,
    });
    this.#join(op.guid, op.chat);
    if (op.title !== null) {
      this.#run('UPDATE chat SET display_name = ? WHERE guid = ?', op.title, op.chat);
    }
  }

  #chat(op: Extract<Op, { op: 'chat' }>): void {
    this.#insert('chat', {
      guid: op.guid,
      style: op.isGroup ? 43 : 45,
      state: 3,
      account_login: `P:${LINE}`,
      chat_identifier: op.identifier,
      service_name: 'iMessage',
      room_name: op.isGroup ? op.identifier : null,
      display_name: op.isGroup ? `Group ${op.identifier}` : null,
      last_addressed_handle: LINE,
      is_filtered: 0,
    });
    for (const member of op.members) {
      this.#run(
        'INSERT INTO chat_handle_join (chat_id, handle_id) VALUES ((SELECT ROWID FROM chat WHERE guid = ?), ?)',
        op.guid,
        this.#handle(member),
      );
    }
  }

  #flags(op: Extract<Op, { op: 'flags' }>): void {
    const assignments = FLAGS[op.set];
    const dates = assignments.split('@at').length - 1;
    const values: Value[] = Array.from({ length: dates }, () => appleNanoseconds(op.at));
    this.#run(`UPDATE message SET ${assignments.replaceAll('@at', '?')} WHERE guid = ?`, ...values, op.guid);
    if (op.set === 'owner_read') {
      this.#run(
        `UPDATE chat SET last_read_message_timestamp = ? WHERE ROWID = (SELECT chat_id FROM chat_message_join
           WHERE message_id = (SELECT ROWID FROM message WHERE guid = ?))`,
        appleNanoseconds(op.at),
        op.guid,
      );
    }
  }

  #content(op: Extract<Op, { op: 'content' }>): void {
    const { content } = op;
    const left = partsOf(content).filter((part) => !content.retracted.includes(part.number));
    const dated = op.editedAt === null ? '' : ', date_edited = ?';
    const date = op.editedAt === null ? [] : [appleNanoseconds(op.editedAt)];
    this.#run(
      `UPDATE message SET text = NULL, attributedBody = ?, message_summary_info = ?, is_empty = ?, part_count = ?${dated}
       WHERE guid = ?`,
      bodyBlob(content),
      summaryBlob(content, op.isOwn),
      left.length === 0 ? 1 : 0,
      left.length,
      ...date,
      op.guid,
    );
  }

  #deletion(op: Extract<Op, { op: 'recent' | 'restore' | 'purge' }>): void {
    const id = '(SELECT ROWID FROM message WHERE guid = ?)';
    if (op.op === 'purge') {
      this.#run('DELETE FROM message WHERE guid = ?', op.guid);
      return;
    }
    const [from, to] =
      op.op === 'recent'
        ? ['chat_message_join', 'chat_recoverable_message_join']
        : ['chat_recoverable_message_join', 'chat_message_join'];
    const column = op.op === 'recent' ? 'delete_date' : 'message_date';
    this.#run(
      `INSERT INTO ${to} (chat_id, message_id, ${column}) SELECT chat_id, message_id, ? FROM ${from} WHERE message_id = ${id}`,
      appleNanoseconds(op.at),
      op.guid,
    );
    this.#run(`DELETE FROM ${from} WHERE message_id = ${id}`, op.guid);
  }

  #join(guid: string, chat: string): void {
    this.#run(
      `INSERT INTO chat_message_join (chat_id, message_id, message_date)
       SELECT (SELECT ROWID FROM chat WHERE guid = ?), ROWID, date FROM message WHERE guid = ?`,
      chat,
      guid,
    );
  }

  #handle(id: string): number {
    this.#run(`INSERT OR IGNORE INTO handle (id, service, country) VALUES (?, 'iMessage', 'us')`, id);
    return this.#number(`SELECT ROWID FROM handle WHERE id = ? AND service = 'iMessage'`, id);
  }

  /** Own rows name the contact of a direct chat, and nobody in a group. */
  #memberOf(chat: string): number {
    return this.#number(
      `SELECT COALESCE((SELECT h.handle_id FROM chat c JOIN chat_handle_join h ON h.chat_id = c.ROWID
         WHERE c.guid = ? AND c.style = 45), 0)`,
      chat,
    );
  }

  #number(sql: string, ...values: Value[]): number {
    const found: unknown = this.#prepared(sql)
      .pluck(true)
      .get(...values);
    if (typeof found !== 'number') {
      throw new TypeError(`no number: ${sql}`);
    }
    return found;
  }

  #insert(table: string, row: Readonly<Record<string, Value>>): void {
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    this.#run(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`, ...Object.values(row));
  }

  #run(sql: string, ...values: Value[]): void {
    this.#prepared(sql).run(...values);
  }

  #prepared(sql: string): Database.Statement<Value[]> {
    const statement = this.#statements.get(sql) ?? this.#db.prepare<Value[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function common(guid: string, date: bigint): Record<string, Value> {
  return {
    guid,
    version: 10,
    service: 'iMessage',
    account: `P:${LINE}`,
    date,
    date_read: 0,
    date_delivered: 0,
    destination_caller_id: LINE,
  };
}
