import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { generateHistory } from '../../src/simulator/index.ts';
import { ABSENT, Row, type Chat, type RowState } from './capture-model.ts';
import { newChat } from './capture-new-rows.ts';

export interface History {
  /** More than 500 rows back, but of the last tenth. */
  readonly back: readonly Row[];
  /** Of the first half. */
  readonly old: readonly Row[];
}

const LAST_ROWS = 700;

interface Found {
  readonly guid: string;
  readonly is_from_me: number;
  readonly is_sent: number;
  readonly is_delivered: number;
  readonly is_read: number;
  readonly date_read: number;
  readonly error: number;
  readonly chat: string;
  readonly style: number;
  readonly identifier: string;
  readonly member: string;
}

/**
 * Writes a large chat.db, and chats for the storm into it. Some rows of its history are set to what can still change:
 * not sent, not delivered, not read. Nobody watches yet.
 */
export function makeHistory(
  path: string,
  options: { readonly rows: number; readonly seed: number; readonly samples: number },
): { readonly history: History; readonly chats: readonly [Chat, ...Chat[]] } {
  mkdirSync(dirname(path), { recursive: true });
  generateHistory(path, { messages: options.rows, era: '26', seed: options.seed });
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    const chats = stormChats();
    const top = db.prepare<[], { top: number }>('SELECT MAX(ROWID) AS top FROM message').get()?.top ?? 0;
    const history = {
      back: openRows(db, Math.floor(top * 0.9), top - LAST_ROWS, options.samples),
      old: openRows(db, 0, Math.floor(top / 2), options.samples),
    };
    return { history, chats };
  } finally {
    db.close();
  }
}

/** The chats that the storm writes in; the writer makes them before the daemon is started. */
function stormChats(): [Chat, ...Chat[]] {
  const rest = Array.from({ length: 59 }, (_, index) => newChat(index % 5 === 0, index + 1));
  return [newChat(false, 0), ...rest];
}

function openRows(db: Database.Database, from: number, to: number, count: number): Row[] {
  const step = Math.max(1, Math.floor((to - from) / count));
  // Counted among those that are taken: a step may be a multiple of what is counted by.
  const nth = `(m.ROWID / ${step})`;
  const where = `m.ROWID > ${from} AND m.ROWID <= ${to} AND m.ROWID % ${step} = 0 AND m.item_type = 0
    AND m.associated_message_type = 0 AND m.balloon_bundle_id IS NULL AND m.date_edited IS NULL
    AND m.cache_has_attachments = 0 AND m.service = 'iMessage'`;
  db.exec(`UPDATE message AS m SET is_read = 0, date_read = 0,
      is_delivered = CASE WHEN is_from_me = 0 OR ${nth} % 3 = 0 THEN 1 ELSE 0 END,
      date_delivered = CASE WHEN is_from_me = 1 AND ${nth} % 3 = 0 THEN date ELSE 0 END,
      is_sent = CASE WHEN is_from_me = 1 AND ${nth} % 5 <> 0 THEN 1 ELSE 0 END,
      is_finished = CASE WHEN is_from_me = 0 OR ${nth} % 5 <> 0 THEN 1 ELSE 0 END
    WHERE ${where} AND (is_from_me = 0 OR ${nth} % 3 <> 0 OR ${nth} % 5 <> 0)`);
  const found = db
    .prepare<[], Found>(
      `SELECT m.guid, m.is_from_me, m.is_sent, m.is_delivered, m.is_read, COALESCE(m.date_read, 0) AS date_read,
         m.error, c.guid AS chat, c.style, c.chat_identifier AS identifier,
         (SELECT h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = c.ROWID LIMIT 1) AS member
       FROM message m JOIN chat_message_join cj ON cj.message_id = m.ROWID JOIN chat c ON c.ROWID = cj.chat_id
       WHERE ${where}`,
    )
    .all();
  return found.map((row) => toRow(row));
}

function toRow(found: Found): Row {
  const isOwn = found.is_from_me === 1;
  const state: RowState = {
    ...ABSENT,
    isThere: true,
    isOwn,
    place: 'chat',
    isSent: isOwn && found.is_sent === 1,
    isDelivered: isOwn && found.is_delivered === 1,
    isRead: found.is_read === 1 || found.date_read > 0,
    error: found.error,
  };
  const chat: Chat = {
    guid: found.chat,
    identifier: found.identifier,
    isGroup: found.style === 43,
    members: [found.member],
  };
  return new Row({
    guid: found.guid,
    chat,
    ordinal: 0,
    now: state,
    told: state,
    from: isOwn ? null : found.member,
    date: { at: 0, nanoseconds: 0 },
  });
}
