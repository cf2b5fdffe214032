import Database from 'better-sqlite3';
import type { Seen } from './capture-journal.ts';
import { isComplete, type Belief, type Row } from './capture-model.ts';

interface Stored {
  readonly guid: string;
  readonly is_from_me: number;
  readonly is_sent: number;
  readonly is_delivered: number;
  readonly is_read: number;
  readonly date_read: number;
  readonly error: number;
  readonly is_joined: number;
  readonly is_recent: number;
  readonly kind: number;
}

/** What a client makes of an event. */
export function believe(belief: Belief, event: Seen): void {
  belief.isKnown = true;
  switch (event.type) {
    case 'message.sent':
      belief.isSent = true;
      belief.hasFailed = false;
      break;
    case 'message.delivered':
      belief.isDelivered = true;
      break;
    case 'message.read':
      belief.isRead = true;
      break;
    case 'message.failed':
      belief.hasFailed = true;
      break;
    default:
  }
  // Every event of a message shows all of it.
  if (event.type.startsWith('message.')) {
    belief.isGone = event.isRecentlyDeleted;
  }
  belief.revisions = Math.max(belief.revisions, event.revisions);
}

/**
 * Reads every row of the storm as the database holds it and compares it with what a client believes: it catches what
 * the rules by which single steps are judged might let pass.
 * @returns what differs, in words
 */
export function compareWithDatabase(
  path: string,
  rows: Iterable<Row>,
): { compared: number; wrong: string[] } {
  const db = new Database(path, { readonly: true });
  try {
    const find = db.prepare<[string], Stored>(
      `SELECT m.guid, m.is_from_me, m.is_sent, m.is_delivered, m.is_read, COALESCE(m.date_read, 0) AS date_read, m.error,
         EXISTS (SELECT 1 FROM chat_message_join j WHERE j.message_id = m.ROWID) AS is_joined,
         EXISTS (SELECT 1 FROM chat_recoverable_message_join j WHERE j.message_id = m.ROWID) AS is_recent,
         m.associated_message_type + m.item_type AS kind
       FROM message m WHERE m.guid = ?`,
    );
    const wrong: string[] = [];
    let compared = 0;
    for (const row of rows) {
      const stored = find.get(row.guid);
      compared += 1;
      for (const difference of differences(row, stored)) {
        wrong.push(`${row.guid} (${row.story.slice(-8).join(', ')}): ${difference}`);
      }
    }
    return { compared, wrong };
  } finally {
    db.close();
  }
}

function differences(row: Row, stored: Stored | undefined): string[] {
  const { belief, now } = row;
  if ((stored !== undefined) !== now.isThere) {
    return [`the model says ${now.isThere ? 'there' : 'gone'}, the database the opposite`];
  }
  if (stored === undefined) {
    const isMessage = now.kind === 'message';
    return belief.isKnown && isMessage && !belief.isGone ? ['gone, and nobody was told'] : [];
  }
  if (!isComplete(now) && !belief.isKnown) {
    return [];
  }
  if (!belief.isKnown) {
    return ['never told'];
  }
  if (stored.kind !== 0) {
    return [];
  }
  const isOwn = stored.is_from_me === 1;
  const facts: readonly (readonly [string, boolean, boolean])[] = [
    ['in Recently Deleted', stored.is_recent === 1, belief.isGone],
    ['read', stored.is_read === 1 || stored.date_read > 0, belief.isRead],
    ['sent', isOwn && stored.is_sent === 1, belief.isSent],
    ['delivered', isOwn && stored.is_delivered === 1, belief.isDelivered],
    ['failed', stored.error !== 0, belief.hasFailed],
  ];
  return facts
    .filter(([, actual, believed]) => actual !== believed)
    .map(([name, actual]) => `${name} is ${actual} in the database, and the journal says otherwise`);
}
