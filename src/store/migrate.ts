import type Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';
import { migrations } from './migrations.ts';

/** The step that a store's schema has reached. */
export function formOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/**
 * Brings a store's schema up to date.
 * @throws BluelineError `store_too_new` if a later version of Blueline has written it.
 */
export function migrate(db: Database.Database): void {
  if (formOf(db) > migrations.length) {
    throw new BluelineError('store_too_new', 'The store was written by a newer version of Blueline.', {
      advice: 'Run that version, or point BLUELINE_HOME to another data folder.',
    });
  }
  db.transaction(() => {
    for (const sql of migrations.slice(formOf(db))) {
      db.exec(sql);
    }
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
