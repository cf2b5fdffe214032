import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';
import { ChatDbWriter, type WriterMemory } from './chat-db-writer.ts';
import { createChatDb, openChatDb, upperUuid, type Era } from './era-schema.ts';
import { renumberRows } from './renumber-rows.ts';

type Work = (writer: ChatDbWriter, db: Database.Database) => void;

/**
 * Messages with its chat.db: one connection while it runs, none while it does not. What is to be written while it
 * cannot (it has quit, the file is away) waits and arrives when it can, as from Apple's servers.
 */
export class SimulatedMessages {
  readonly path: string;
  readonly #options: { readonly era: Era; readonly line: string; readonly now: () => number };
  readonly #memory: WriterMemory = new Map();
  #open: { readonly db: Database.Database; readonly writer: ChatDbWriter } | null = null;
  #isRunning = true;
  #isAway = false;
  #isClosed = false;
  #queue: Work[] = [];
  /** Holds the inode of an unlinked `-wal` until the next one exists, so that the two can never be the same. */
  #oldWal: number | null = null;

  constructor(
    path: string,
    options: { readonly era: Era; readonly line: string; readonly now: () => number },
  ) {
    this.path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true });
    this.#attach(existsSync(path) ? openChatDb(path) : createChatDb(path, options.era));
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Up to where chat.db is written; `null` while it is not open. */
  head(): { readonly rowId: number; readonly databaseId: string | null } | null {
    if (this.#open === null) {
      return null;
    }
    const { db } = this.#open;
    const rowId = db.prepare<[], number | null>('SELECT MAX(ROWID) FROM message').pluck().get() ?? 0;
    const databaseId =
      db
        .prepare<[], string>(`SELECT value FROM _SqliteDatabaseProperties WHERE key = '_UniqueIdentifier'`)
        .pluck()
        .get() ?? null;
    return { rowId, databaseId };
  }

  /** Runs the work now, or once Messages has its file again. Returns whether it ran. */
  write(work: Work): boolean {
    if (this.#open === null) {
      this.#queue.push(work);
      return false;
    }
    work(this.#open.writer, this.#open.db);
    return true;
  }

  /** Work on one row, by its guid; nothing happens if it is gone by then. */
  onRow(guid: string, work: (writer: ChatDbWriter, rowId: number) => void): void {
    this.write((writer, db) => {
      const row = db
        .prepare<[string], { ROWID: number }>('SELECT ROWID FROM message WHERE guid = ?')
        .get(guid);
      if (row !== undefined) {
        work(writer, row.ROWID);
      }
    });
  }

  /** As a person quits it: the last connection checkpoints and deletes the `-wal`, if nobody else has the file open. */
  quit(): void {
    this.#isRunning = false;
    this.#detach();
  }

  /**
   * It was killed, and its `-wal` and `-shm` are gone: the next start makes new ones under new inodes. Everything
   * committed is in chat.db by then. Whoever still has the file open holds the old `-shm`: it sees nothing new, and
   * SQLITE_CORRUPT once a checkpoint changes pages beneath it. A further connection in that process shares the old
   * `-shm`; only closing all of them there and opening anew helps. chat.db itself keeps its inode.
   */
  kill(): void {
    this.#isRunning = false;
    if (this.#open === null) {
      return;
    }
    this.#open.db.pragma('wal_checkpoint(TRUNCATE)');
    const wal = `${this.path}-wal`;
    this.#releaseOldWal();
    this.#oldWal = existsSync(wal) ? openSync(wal, 'r') : null;
    this.#detach();
    rmSync(wal, { force: true });
    rmSync(`${this.path}-shm`, { force: true });
  }

  reopen(): void {
    this.#isRunning = true;
    this.#resume();
  }

  /** Moves chat.db and its companions out of sight. */
  vanish(): void {
    if (this.#isAway) {
      return;
    }
    this.#isAway = true;
    this.#detach();
    this.#move(this.path, this.#awayPath());
  }

  restore(): void {
    if (!this.#isAway) {
      return;
    }
    this.#move(this.#awayPath(), this.path);
    this.#isAway = false;
    this.#resume();
  }

  /**
   * Puts another file in chat.db's place, with an identity of its own. `empty`: nothing in it, ROWIDs begin anew.
   * `renumbered`: the same messages, ROWIDs without gaps from `from` on, as after Messages has rebuilt its database.
   */
  replaceDatabase(
    how: { readonly content: 'empty' } | { readonly content: 'renumbered'; readonly from: number },
  ): void {
    if (this.#open === null) {
      throw new BluelineError(
        'simulator_not_running',
        'Messages must be running with its database in place.',
      );
    }
    const next = `${this.path}.next`;
    rmSync(next, { force: true });
    if (how.content === 'empty') {
      createChatDb(next, this.#options.era).close();
      this.#memory.clear();
    } else {
      this.#open.db.prepare<[string]>('VACUUM INTO ?').run(next);
      const copy = openChatDb(next);
      renumberRows(copy, how.from);
      copy
        .prepare<[string]>(`UPDATE _SqliteDatabaseProperties SET value = ? WHERE key = '_UniqueIdentifier'`)
        .run(upperUuid());
      copy.close();
    }
    this.#detach();
    rmSync(`${this.path}-wal`, { force: true });
    rmSync(`${this.path}-shm`, { force: true });
    renameSync(next, this.path);
    this.#resume();
  }

  checkpoint(mode: 'PASSIVE' | 'FULL' | 'RESTART' | 'TRUNCATE'): unknown {
    return this.#open?.db.pragma(`wal_checkpoint(${mode})`) ?? null;
  }

  close(): void {
    this.#isClosed = true;
    this.#detach();
    this.#releaseOldWal();
  }

  #resume(): void {
    if (this.#open !== null || !this.#isRunning || this.#isAway || this.#isClosed) {
      return;
    }
    this.#attach(openChatDb(this.path));
    const queue = this.#queue;
    this.#queue = [];
    for (const work of queue) {
      this.write(work);
    }
  }

  #attach(db: Database.Database): void {
    // Touches the file, so that its -wal exists from the start as it does while Messages runs.
    db.prepare(
      `INSERT INTO _SqliteDatabaseProperties (key, value) VALUES ('counter_last_reset', '0')
       ON CONFLICT (key) DO UPDATE SET value = value + 1`,
    ).run();
    this.#open = { db, writer: new ChatDbWriter(db, { ...this.#options, memory: this.#memory }) };
    this.#releaseOldWal();
  }

  #detach(): void {
    this.#open?.db.close();
    this.#open = null;
  }

  #releaseOldWal(): void {
    if (this.#oldWal !== null) {
      closeSync(this.#oldWal);
      this.#oldWal = null;
    }
  }

  #awayPath(): string {
    return join(dirname(dirname(this.path)), 'away.db');
  }

  #move(from: string, to: string): void {
    for (const ending of ['', '-wal', '-shm']) {
      rmSync(`${to}${ending}`, { force: true });
      if (existsSync(`${from}${ending}`)) {
        renameSync(`${from}${ending}`, `${to}${ending}`);
      }
    }
  }
}
