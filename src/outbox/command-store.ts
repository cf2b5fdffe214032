import {
  isAwaited,
  isFinal,
  type ChatKey,
  type Command,
  type CommandId,
  type Instant,
  type MessageGuid,
} from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import { chatOf } from './match.ts';

/** Where a command stands in the order of acceptance. */
export type Place = number;

/** The commands table. Every write belongs in the transaction that appends the event of it. */
export interface CommandStore {
  save(command: Command): void;
  get(id: CommandId): Command | null;
  /** Those that wait for nothing but their turn, a page at a time: replies first, then in the order of acceptance. */
  queued(page: { readonly offset: number; readonly limit: number }): Command[];
  /** Those that wait for a moment, in the order of acceptance, from behind a place on. */
  deferred(page: {
    readonly after: Place | null;
    readonly limit: number;
  }): { readonly place: Place; readonly command: Command }[];
  /** All that are not at their end, oldest first. */
  open(): Command[];
  /** Open ones of which a script was started and no row has come, oldest first. */
  inFlight(): Command[];
  /** Open ones that time changes by now. */
  due(now: Instant): Command[];
  /** Looks at it again then, whatever it says itself. */
  postpone(id: CommandId, wakeAt: Instant | null): void;
  /** Whether any is open. Nothing else changes with time alone. */
  hasOpen(): boolean;
  /** Open ones to a chat, oldest first. */
  openIn(chat: ChatKey): Command[];
  /** All that a row of our side may still prove, oldest first: open ones, and the latest of those without a row. */
  unproved(): Command[];
  /** The command that a row has proved. */
  provedBy(guid: MessageGuid): Command | null;
  /** Newest first. */
  list(page: {
    readonly state: string | null;
    readonly before: CommandId | null;
    readonly limit: number;
  }): Command[];
  /** To a chat, accepted since `createdAfter` (unix ms), newest first. */
  since(chat: ChatKey, createdAfter: number): Command[];
  /** The open ones by their state. `dueSince` is when the oldest of them could first have gone. */
  counts(): readonly { readonly state: string; readonly count: number; readonly dueSince: Instant }[];
}

/** Of the commands whose follow-up has ended without a row, so many are still matched with late ones. */
const UNKNOWN_KEPT = 200;
/** As many as one look at what is due takes on. */
const DUE_LIMIT = 200;

interface Row {
  readonly body: string;
}

/** @param wakeAt when time alone will next change a command; `null` where it never does */
export function createCommandStore(store: Store, wakeAt: (command: Command) => Instant | null): CommandStore {
  const { db } = store;
  const upsert = db.prepare<
    [string, string, string, number, number, number, number, number | null, number, string]
  >(
    `INSERT INTO commands (id, state, chat, is_open, is_awaited, is_reply, due_at, wake_at, created_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, is_open = excluded.is_open,
       is_awaited = excluded.is_awaited, is_reply = excluded.is_reply, wake_at = excluded.wake_at,
       body = excluded.body`,
  );
  const claim = db.prepare<[string, string]>(
    'INSERT INTO command_rows (guid, command_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const byId = db.prepare<[string], Row>('SELECT body FROM commands WHERE id = ?');
  const queued = db.prepare<[number, number], Row>(
    `SELECT body FROM commands WHERE is_open = 1 AND state = 'queued'
     ORDER BY is_reply DESC, rowid LIMIT +? OFFSET +?`,
  );
  const deferred = db.prepare<[number, number], Row & { place: number }>(
    `SELECT rowid AS place, body FROM commands WHERE is_open = 1 AND state = 'deferred' AND rowid > ?
     ORDER BY rowid LIMIT +?`,
  );
  const open = db.prepare<[], Row>('SELECT body FROM commands WHERE is_open = 1 ORDER BY rowid');
  const inFlight = db.prepare<[], Row>(
    'SELECT body FROM commands WHERE is_awaited = 1 AND is_open = 1 ORDER BY rowid',
  );
  const due = db.prepare<[number, number], Row>(
    'SELECT body FROM commands WHERE is_open = 1 AND wake_at <= ? ORDER BY wake_at, rowid LIMIT +?',
  );
  const postpone = db.prepare<[number | null, string]>('UPDATE commands SET wake_at = ? WHERE id = ?');
  const hasOpen = db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM commands WHERE is_open = 1)').pluck();
  const openIn = db.prepare<[string], Row>(
    'SELECT body FROM commands WHERE chat = +? AND is_open = 1 ORDER BY rowid',
  );
  const unproved = db.prepare<[number], Row>(
    `SELECT body FROM commands WHERE is_awaited = 1 AND (is_open = 1 OR rowid IN (
       SELECT rowid FROM commands WHERE is_awaited = 1 AND is_open = 0 ORDER BY rowid DESC LIMIT +?))
     ORDER BY rowid`,
  );
  const byGuid = db.prepare<[string], Row>(
    'SELECT body FROM commands WHERE id = (SELECT command_id FROM command_rows WHERE guid = ?)',
  );
  const page = db.prepare<[string | null, string | null, string | null, string | null, number], Row>(
    'SELECT body FROM commands WHERE (? IS NULL OR state = ?) AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT +?',
  );
  const since = db.prepare<[string, number], Row>(
    'SELECT body FROM commands WHERE chat = +? AND created_at >= ? ORDER BY created_at DESC, rowid DESC',
  );
  const counts = db.prepare<[], { state: string; count: number; dueSince: Instant }>(
    'SELECT state, COUNT(*) AS count, MIN(due_at) AS dueSince FROM commands WHERE is_open = 1 GROUP BY state',
  );
  return {
    save: (command) => {
      const attempts = command.parts.flatMap((part) => part.attempts);
      for (const { proof } of attempts) {
        if (proof !== null) {
          claim.run(proof.guid, command.id);
        }
      }
      upsert.run(
        command.id,
        command.state.name,
        chatOf(command.target),
        isFinal(command) ? 0 : 1,
        attempts.some(isAwaited) ? 1 : 0,
        command.isReply ? 1 : 0,
        Math.max(command.createdAt, command.notBefore ?? 0),
        wakeAt(command),
        command.createdAt,
        JSON.stringify(command),
      );
    },
    get: (id) => decode(byId.get(id)),
    queued: ({ offset, limit }) => queued.all(limit, offset).map(parse),
    deferred: ({ after, limit }) =>
      deferred.all(after ?? 0, limit).map((row) => ({ place: row.place, command: parse(row) })),
    open: () => open.all().map(parse),
    inFlight: () => inFlight.all().map(parse),
    due: (now) => due.all(now, DUE_LIMIT).map(parse),
    postpone: (id, at) => void postpone.run(at, id),
    hasOpen: () => hasOpen.get() === 1,
    openIn: (chat) => openIn.all(chat).map(parse),
    unproved: () => unproved.all(UNKNOWN_KEPT).map(parse),
    provedBy: (guid) => decode(byGuid.get(guid)),
    list: ({ state, before, limit }) => page.all(state, state, before, before, limit).map(parse),
    since: (chat, createdAfter) => since.all(chat, createdAfter).map(parse),
    counts: () => counts.all(),
  };
}

function decode(row: Row | undefined): Command | null {
  return row === undefined ? null : parse(row);
}

/** Our own writing, of this schema version: it needs no second check. */
function parse({ body }: Row): Command {
  const value: Command = JSON.parse(body);
  return value;
}
