import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Ledger } from './test-ledger.ts';
import { Operations, SCHEMA, type Operation } from './test-operations.ts';
import type { Command, Reply, WriterSettings } from './test-writer.ts';

/** The other process: it writes as it is told, and says which rows hold something else afterwards. */
class Writer {
  #db: Database.Database | null = null;
  #settings: WriterSettings | null = null;
  #ledger: Ledger | null = null;
  #operations: Operations | null = null;

  carryOut(command: Command): Reply {
    switch (command.do) {
      case 'open':
        this.#open(command.settings);
        break;
      case 'transaction':
        this.#transaction(command.operations);
        break;
      case 'rollback':
        this.#rollback(command.operations);
        break;
      case 'hang-inside':
        this.#database().exec('BEGIN IMMEDIATE');
        this.#run(command.operations);
        break;
      case 'sql':
        this.#database().exec(command.sql);
        break;
      case 'reopen':
        this.#database().close();
        this.#reconnect();
        break;
      case 'recreate-wal':
        this.#recreateWal();
        break;
      case 'run':
        this.#freely(command.transactions, command.seed);
        break;
      default:
        return command satisfies never;
    }
    return { changes: this.#ledger?.changes() ?? [], rows: this.#ledger?.count() ?? 0 };
  }

  #database(): Database.Database {
    if (this.#db === null) {
      throw new Error('nothing is open');
    }
    return this.#db;
  }

  #open(settings: WriterSettings): void {
    this.#db?.close();
    this.#settings = settings;
    this.#connect(settings.isNew);
    const db = this.#database();
    if (settings.isNew) {
      db.exec(SCHEMA);
    }
    this.#ledger = new Ledger(db);
  }

  #reconnect(): void {
    this.#connect();
    this.#ledger?.reconnect(this.#database());
  }

  #connect(isNew = false): void {
    const settings = this.#settings;
    if (settings === null) {
      return;
    }
    const db = new Database(settings.path);
    if (isNew) {
      db.pragma(`page_size = ${settings.pageSize}`);
      db.pragma(`auto_vacuum = ${settings.autoVacuum}`);
    }
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma(`journal_size_limit = ${settings.journalSizeLimit}`);
    db.pragma(`wal_autocheckpoint = ${settings.autoCheckpoint}`);
    db.pragma(`cache_size = ${settings.cachePages}`);
    this.#db = db;
    this.#operations = new Operations(db, (table, rowid) => this.#ledger?.touch(table, rowid));
  }

  #run(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#operations?.run(operation);
    }
  }

  #transaction(operations: readonly Operation[]): void {
    const db = this.#database();
    db.exec('BEGIN IMMEDIATE');
    this.#run(operations);
    db.exec('COMMIT');
  }

  #rollback(operations: readonly Operation[]): void {
    const db = this.#database();
    db.exec('BEGIN IMMEDIATE');
    this.#run(operations);
    db.exec('ROLLBACK');
    this.#ledger?.forget();
  }

  /** As when Messages was killed and its files were tidied away: the log is empty, and then another file. */
  #recreateWal(): void {
    const db = this.#database();
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    rmSync(`${this.#settings?.path}-wal`, { force: true });
    this.#reconnect();
  }

  /** Small transactions as fast as they go, with checkpoints between them. */
  #freely(transactions: number, seed: number): void {
    const random = randomNumbers(seed);
    const db = this.#database();
    for (let index = 0; index < transactions; index += 1) {
      const at = random();
      const operations: readonly Operation[] = [
        { do: 'insert', count: Math.floor(random() * 3), size: random() < 0.2 ? 5000 : 60 },
        { do: 'flag', at, count: 1 + Math.floor(random() * 3) },
        { do: 'overflow-only', at: random(), byte: random() },
        ...(random() < 0.3 ? [{ do: 'delete', at: random(), count: 2 } as const] : []),
        ...(random() < 0.3 ? [{ do: 'edit', at: random(), size: 300 } as const] : []),
        ...(random() < 0.3 ? [{ do: 'link', count: 3 } as const] : []),
      ];
      this.#transaction(operations);
      if (random() < 0.02) {
        db.pragma(`wal_checkpoint(${['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'][Math.floor(random() * 4)]})`);
      }
    }
  }
}

/** Park and Miller's generator: the same seed gives the same numbers. */
function randomNumbers(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const writer = new Writer();
process.on('disconnect', () => process.exit(0));
process.on('message', (command: Command) => {
  process.send?.(writer.carryOut(command));
});
