import {
  commandId,
  isFinal,
  type Command,
  type CommandId,
  type MessageGuid,
  type RowId,
} from '../domain/index.ts';
import type { Store } from '../store/index.ts';

/** The commands table. Every write belongs in the transaction that appends the event of it. */
export interface CommandStore {
  save(command: Command): void;
  get(id: CommandId): Command | null;
  /** All that are not at their end, oldest first. */
  open(): Command[];
  /** All that a row of our side may still prove, oldest first: the open ones, and the latest whose outcome stayed unknown. */
  unproved(): Command[];
  /** The command that a row has proved. */
  provedBy(rowId: RowId, guid: MessageGuid): Command | null;
  /** ROWIDs mean nothing in another database: what they proved stays proved, but no row answers to them any more. */
  forgetProofRows(): void;
  /** Newest first. */
  list(page: {
    readonly state: string | null;
    readonly before: CommandId | null;
    readonly limit: number;
  }): Command[];
  /** Accepted since `createdAfter` (unix ms), newest first. */
  since(createdAfter: number): Command[];
}

/** Of the commands whose follow-up has ended without a row, so many are still matched with late ones. */
const UNKNOWN_KEPT = 200;

interface Row {
  readonly body: string;
}

export function createCommandStore(store: Store): CommandStore {
  const { db } = store;
  const upsert = db.prepare<[string, string, number, number | null, number, string]>(
    `INSERT INTO commands (id, state, is_open, proof_row_id, created_at, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, is_open = excluded.is_open,
       proof_row_id = excluded.proof_row_id, body = excluded.body`,
  );
  const byId = db.prepare<[string], Row>('SELECT body FROM commands WHERE id = ?');
  const open = db.prepare<[], Row>('SELECT body FROM commands WHERE is_open = 1 ORDER BY rowid');
  const unproved = db.prepare<[number], Row>(
    `SELECT body FROM commands WHERE is_open = 1 OR rowid IN (
       SELECT rowid FROM commands WHERE state = 'unknown' AND is_open = 0 ORDER BY rowid DESC LIMIT ?)
     ORDER BY rowid`,
  );
  const yieldProof = db.prepare<[number, string]>(
    'UPDATE commands SET proof_row_id = NULL WHERE proof_row_id = ? AND id <> ?',
  );
  const byProof = db.prepare<[number], Row>('SELECT body FROM commands WHERE proof_row_id = ?');
  const forgetProofRows = db.prepare(
    'UPDATE commands SET proof_row_id = NULL WHERE proof_row_id IS NOT NULL',
  );
  const page = db.prepare<[string | null, string | null, string | null, string | null, number], Row>(
    'SELECT body FROM commands WHERE (? IS NULL OR state = ?) AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?',
  );
  const since = db.prepare<[string], Row>('SELECT body FROM commands WHERE id > ? ORDER BY id DESC');
  return {
    save: (command) => {
      if (command.proof !== null) {
        // Only after another database has taken the place can an older command hold this ROWID: it names another row now.
        yieldProof.run(command.proof.rowId, command.id);
      }
      upsert.run(
        command.id,
        command.state.name,
        isFinal(command.state) ? 0 : 1,
        command.proof?.rowId ?? null,
        command.createdAt,
        JSON.stringify(command),
      );
    },
    get: (id) => decode(byId.get(id)),
    open: () => open.all().map((row) => parse(row.body)),
    unproved: () => unproved.all(UNKNOWN_KEPT).map((row) => parse(row.body)),
    provedBy: (rowId, guid) => {
      const command = decode(byProof.get(rowId));
      return command?.proof?.guid === guid ? command : null;
    },
    forgetProofRows: () => void forgetProofRows.run(),
    list: ({ state, before, limit }) =>
      page.all(state, state, before, before, limit).map((row) => parse(row.body)),
    since: (createdAfter) => since.all(idFloor(createdAfter)).map((row) => parse(row.body)),
  };
}

/** Ids are `obx_` + ULID, whose first ten characters are the time: a prefix that sorts before all of a moment's ids. */
function idFloor(unixMs: number): CommandId {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let rest = Math.max(0, Math.floor(unixMs));
  let text = '';
  for (let index = 0; index < 10; index += 1) {
    text = (alphabet[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return commandId(`obx_${text}`);
}

function decode(row: Row | undefined): Command | null {
  return row === undefined ? null : parse(row.body);
}

/** Our own writing, of this schema version: it needs no second check. */
function parse(body: string): Command {
  const value: Command = JSON.parse(body);
  return value;
}
