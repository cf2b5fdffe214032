import { existsSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { beginAnew } from './begin-anew.ts';
import { migrate } from './migrate.ts';
import { quickCheck } from './quick-check.ts';
import { asideName, moveStore, removeStore, storeFiles } from './store-files.ts';

const schema = z.object({
  kind: z.enum(['rebuilt', 'restored']),
  at: z.int(),
  setAside: z.string(),
  carried: z.array(z.string()),
  lost: z.array(z.string()),
  isSettled: z.boolean(),
});

/** That a store took the place of another: told once, by the daemon that starts with it first. */
export interface StoreNews {
  readonly kind: 'rebuilt' | 'restored';
  /** Unix ms. */
  readonly at: number;
  /** What the store before is called now, in the data folder, where there was one. */
  readonly setAside: string;
  /** Groups of facts that were taken over from it, and those that were not. */
  readonly carried: readonly string[];
  readonly lost: readonly string[];
  /** What follows from it has been journalled. */
  readonly isSettled: boolean;
}

/** The fact under which a store keeps its news. */
export const NEWS_FACT = 'store_news';

export function parseNews(text: string | null): StoreNews | null {
  return text === null ? null : schema.parse(JSON.parse(text));
}

/**
 * Makes a new store and puts it in the place of the one that is there, which is set aside and never deleted. Whatever
 * ends the process: what is there afterwards is the old store or the whole new one, as `finishReplacing` has it. Only
 * for who holds the data folder.
 * @param fill lays into the new store what it is to have, and says what was taken over
 * @throws what SQLite throws where there is no room or no permission; the store that is there has not been touched then
 */
export async function replaceStore(
  folder: string,
  change: Pick<StoreNews, 'kind' | 'at'>,
  fill: {
    /** Before the file is opened: a copy to begin with. */
    readonly copy: (to: string) => Promise<void>;
    readonly carry: (db: Database.Database) => Pick<StoreNews, 'carried' | 'lost'>;
  },
): Promise<StoreNews> {
  const { unfinished } = storeFiles(folder);
  removeStore(unfinished);
  await fill.copy(unfinished);
  return putInPlace(folder, change, fill.carry);
}

/** The same, of what takes no copy. */
export function replaceStoreNow(
  folder: string,
  change: Pick<StoreNews, 'kind' | 'at'>,
  carry: (db: Database.Database) => Pick<StoreNews, 'carried' | 'lost'>,
): StoreNews {
  removeStore(storeFiles(folder).unfinished);
  return putInPlace(folder, change, carry);
}

/** Goes on with a replacement that was cut off once the new store was whole; one that was not is as if never begun. */
export function finishReplacing(folder: string): void {
  const { store, ready } = storeFiles(folder);
  if (!existsSync(ready)) {
    return;
  }
  const news = newsIn(ready);
  moveStore(store, news.setAside);
  renameSync(ready, store);
}

function putInPlace(
  folder: string,
  change: Pick<StoreNews, 'kind' | 'at'>,
  carry: (db: Database.Database) => Pick<StoreNews, 'carried' | 'lost'>,
): StoreNews {
  const { unfinished, ready } = storeFiles(folder);
  const previous = process.umask(0o077);
  const db = new Database(unfinished);
  process.umask(previous);
  let news: StoreNews;
  try {
    // One file, without others beside it that would have to be moved with it.
    db.pragma('journal_mode = DELETE');
    db.pragma('synchronous = FULL');
    db.pragma('fullfsync = ON');
    migrate(db);
    news = {
      kind: change.kind,
      at: change.at,
      setAside: asideName(change.kind, change.at),
      ...carry(db),
      isSettled: false,
    };
    beginAnew(db, change.kind === 'restored' ? change.at : null);
    db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(NEWS_FACT, JSON.stringify(news));
    if (quickCheck(db) !== null) {
      throw new Error('The new store is not whole.');
    }
  } finally {
    db.close();
  }
  renameSync(unfinished, ready);
  finishReplacing(folder);
  return news;
}

function newsIn(path: string): StoreNews {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const row = db
      .prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
      .get(NEWS_FACT);
    const news = parseNews(row?.value ?? null);
    if (news === null) {
      throw new Error('The store that was to be put in place has no news.');
    }
    return news;
  } finally {
    db.close();
  }
}
