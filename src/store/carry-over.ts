import Database from 'better-sqlite3';
import { formOf } from './migrate.ts';
import { quickCheck } from './quick-check.ts';

/**
 * What one store may take over from another, table by table: whole groups, as half of one says something else. What is
 * not named here is counted in sequences (the journal, readers' cursors), or is found anew from chat.db.
 */
const GROUPS = {
  keys: ['api_keys'],
  commands: ['commands', 'command_rows', 'idempotency', 'unanswered'],
  files: ['uploads', 'upload_uses'],
  contact_cards: ['contact_card_offers', 'contact_card_shares'],
  sandbox: ['sandbox', 'sandbox_contacts', 'sandbox_days'],
  webhooks: ['webhooks'],
  line: ['guard_line', 'guard_marks', 'guard_reports'],
  counts: [
    'ledger_contacts',
    'ledger_facts',
    'ledger_hours',
    'ledger_texts',
    'ledger_reservations',
    'ledger_state',
  ],
  capture: [
    'capture_cursor',
    'capture_rows',
    'capture_pending',
    'capture_prints',
    'capture_guids',
    'capture_former_guids',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CarriedGroup = keyof typeof GROUPS;

/** What is known of requests and commands, and who may come in: what must not be forgotten by going back to a backup. */
export const KEPT_AT_RESTORE: readonly CarriedGroup[] = ['keys', 'commands'];
/** All that a damaged store may still have. */
export const KEPT_AT_REBUILD: readonly CarriedGroup[] = [
  'keys',
  'commands',
  'files',
  'contact_cards',
  'sandbox',
  'webhooks',
  'line',
  'counts',
  'capture',
];
/** Facts that outlive a store. Never the epoch: the numbering begins anew. */
const KEPT_FACTS: ReadonlySet<string> = new Set(['bridge_id', 'sendable_line', 'lane_pause']);

export interface CarriedOver {
  readonly carried: readonly CarriedGroup[];
  readonly lost: readonly CarriedGroup[];
}

/**
 * Copies what is whole of the groups from a store into one that is open, in one transaction of it. Rows of the source
 * take the place of rows of the same key. Where the source cannot be read at all, or is of another form, nothing is.
 */
export function carryOver(
  source: string,
  into: Database.Database,
  groups: readonly CarriedGroup[],
): CarriedOver {
  const from = openSource(source, into);
  const carried: CarriedGroup[] = [];
  try {
    for (const group of groups) {
      if (from !== null && copyGroup(from, into, GROUPS[group])) {
        carried.push(group);
      }
    }
  } finally {
    from?.close();
  }
  return { carried, lost: groups.filter((group) => !carried.includes(group)) };
}

/** Named facts of a store that can still be read. */
export function factsOf(source: string): ReadonlyMap<string, string> {
  let db: Database.Database | null = null;
  try {
    db = new Database(source, { readonly: true, fileMustExist: true });
    const rows = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM meta').all();
    return new Map(rows.filter(({ key }) => KEPT_FACTS.has(key)).map(({ key, value }) => [key, value]));
  } catch {
    return new Map();
  } finally {
    db?.close();
  }
}

function openSource(source: string, into: Database.Database): Database.Database | null {
  let db: Database.Database | null = null;
  try {
    db = new Database(source, { readonly: true, fileMustExist: true });
    if (formOf(db) === formOf(into)) {
      return db;
    }
  } catch {
    // Not even its first page can be read.
  }
  db?.close();
  return null;
}

function copyGroup(from: Database.Database, into: Database.Database, tables: readonly string[]): boolean {
  try {
    into
      .transaction(() => {
        for (const table of tables) {
          copyTable(from, into, table);
        }
      })
      .immediate();
    return true;
  } catch {
    // Whatever it was, the group is not whole; what is wrong with the new store itself is found when it is checked.
    return false;
  }
}

function copyTable(from: Database.Database, into: Database.Database, table: string): void {
  const wrong = quickCheck(from, table) ?? wrongText(from, table);
  if (wrong !== null) {
    throw new Error(wrong);
  }
  const rows = from.prepare<[], unknown[]>(`SELECT * FROM ${table}`).raw();
  const columns = rows.columns();
  const insert = into.prepare(
    `INSERT OR REPLACE INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const row of rows.iterate()) {
    insert.run(...row);
  }
}

/** Damage inside of a text leaves the pages in order: what is parsed later has to be parsable. */
function wrongText(from: Database.Database, table: string): string | null {
  if (table !== 'commands' && table !== 'capture_cursor') {
    return null;
  }
  const isWrong = from.prepare<[], number>(
    `SELECT EXISTS (SELECT 1 FROM ${table} WHERE json_valid(body) = 0)`,
  );
  return isWrong.pluck().get() === 1 ? 'a text that is no JSON' : null;
}
