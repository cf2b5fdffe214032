import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/** A message of chat.db, as far as limits go. */
export interface Row {
  readonly rowId: number;
  /** Unix ms. */
  readonly at: number;
  readonly isOut: boolean;
  readonly contact: string;
  readonly text: string;
  readonly hasFile: boolean;
  /** Carriers judge the others. */
  readonly isBlue: boolean;
  /** When `osascript` was called for it; `null` where a person sent it. */
  readonly calledAt: number | null;
}

interface Call {
  readonly at: number;
  readonly to: string;
  readonly content: string;
}

interface Stored {
  readonly id: bigint;
  readonly date: bigint;
  readonly is_from_me: bigint;
  readonly text: string | null;
  readonly service: string;
  readonly files: bigint;
  readonly contact: string;
}

const APPLE_EPOCH_MS = 978_307_200_000;
/** From a call to its row. */
const ROW_MS = 10_000;

/**
 * What happened, from the two witnesses alone: the Mac's chat.db, and the log of what `osascript` got. In the order in
 * which it became known there.
 */
export function readEvidence(paths: { readonly database: string; readonly calls: string }): {
  readonly rows: readonly Row[];
  /** Calls without a row; there are none where nothing fails. */
  readonly lost: number;
} {
  const calls = readCalls(paths.calls);
  const byAddress = Map.groupBy(calls, ({ to }) => to);
  const db = new Database(paths.database, { readonly: true });
  db.defaultSafeIntegers(true);
  try {
    const stored = db
      .prepare<[], Stored>(
        `SELECT m.ROWID AS id, m.date, m.is_from_me, m.text, m.service, c.chat_identifier AS contact,
           (SELECT COUNT(*) FROM message_attachment_join j WHERE j.message_id = m.ROWID) AS files
         FROM message m JOIN chat_message_join cm ON cm.message_id = m.ROWID JOIN chat c ON c.ROWID = cm.chat_id
         WHERE m.item_type = 0 AND m.associated_message_type = 0 ORDER BY m.ROWID`,
      )
      .all();
    const rows = stored.map((row): Row => {
      const at = Number(row.date / 1_000_000n) + APPLE_EPOCH_MS;
      const isOut = row.is_from_me === 1n;
      return {
        rowId: Number(row.id),
        at,
        isOut,
        contact: row.contact,
        text: row.text ?? '',
        hasFile: row.files > 0n,
        isBlue: row.service === 'iMessage',
        calledAt: isOut ? takeCall(byAddress.get(row.contact), row, at) : null,
      };
    });
    return { rows, lost: calls.length - rows.filter(({ calledAt }) => calledAt !== null).length };
  } finally {
    db.close();
  }
}

/** The call that this row is of, if it is of one; no call has two rows. */
function takeCall(calls: Call[] | undefined, row: Stored, at: number): number | null {
  const index =
    calls?.findIndex(
      (call) =>
        at >= call.at - 5 &&
        at <= call.at + ROW_MS &&
        (call.content === row.text || (row.files > 0n && call.content.startsWith('/'))),
    ) ?? -1;
  return index === -1 ? null : (calls?.splice(index, 1)[0]?.at ?? null);
}

function readCalls(path: string): Call[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { at, args }: { at: number; args: readonly string[] } = JSON.parse(line);
      return { at, to: args[1] ?? '', content: args[2] ?? '' };
    });
}
