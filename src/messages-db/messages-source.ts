import { BluelineError } from '../runtime/index.ts';
import { identifyFiles } from './database-errors.ts';
import { openMessagesDb, type MessagesDb, type MessagesDbOptions } from './messages-db.ts';

/** chat.db for long-lived use: what `read` gets is always open on the files that lie at the path now. */
export interface MessagesSource {
  /**
   * Runs a read. The handle must not outlive it.
   * @throws BluelineError as `openMessagesDb` does, and whatever `read` throws
   */
  use<T>(read: (db: MessagesDb) => T): T;
  /** Harmless when closed already; a later `use` opens again. */
  close(): void;
}

/**
 * Opens lazily, and again when the file at `path` is another one, has vanished and returned, or when its WAL was
 * replaced (a handle on an unlinked WAL reads the past for ever). The files are looked at by `stat` alone: closing a
 * descriptor on them would drop SQLite's locks.
 *
 * One per process for one path: SQLite lets the connections of a process share the WAL's index, so a second one that
 * stays open would hold the replaced one.
 */
export function createMessagesSource(path: string, options: MessagesDbOptions = {}): MessagesSource {
  let opened: { readonly db: MessagesDb; readonly filesId: string } | null = null;
  const close = () => {
    const last = opened;
    opened = null;
    last?.db.close();
  };
  const current = (): MessagesDb => {
    let files: ReturnType<typeof identifyFiles>;
    try {
      files = identifyFiles(path);
    } catch (error) {
      close();
      throw error;
    }
    if (opened !== null && opened.filesId === files.filesId && opened.db.fileId === files.fileId) {
      return opened.db;
    }
    close();
    const db = openMessagesDb(path, options);
    try {
      // Looked at after the first read: opening may itself create the WAL and its index.
      opened = { db, filesId: identifyFiles(path).filesId };
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  };
  return {
    use: (read) => {
      const db = current();
      try {
        return read(db);
      } catch (error) {
        // A handle that cannot read may have been overtaken by what happens to its files: the next use begins anew.
        if (error instanceof BluelineError && error.code !== 'messages_db_locked') {
          close();
        }
        throw error;
      }
    },
    close,
  };
}
