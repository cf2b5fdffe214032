/** A thread that checks one store and says what it found: `ok`, SQLite's first complaint, or its error code. */
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const NOT_SOUND = /^SQLITE_(?:CORRUPT|NOTADB)/u;

function check(path: string): string {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return String(db.pragma('quick_check(1)', { simple: true }));
  } catch (error) {
    if (error instanceof Database.SqliteError && NOT_SOUND.test(error.code)) {
      return error.code;
    }
    throw error;
  } finally {
    db.close();
  }
}

parentPort?.postMessage(check(String(workerData)));
