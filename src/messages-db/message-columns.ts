import { millisecondsSql } from './apple-time.ts';
import { lowestChat, type Columns } from './columns.ts';
import type { SqlValue } from './sql-value.ts';

/**
 * Where each value stands in a row. Rows are read as arrays: an object for each would cost as much as all the rest.
 * Names with capitals are made by an expression below, the others are columns of `message`.
 */
export const AT = {
  ROW_ID: 0,
  SENT: 1,
  READ: 2,
  DELIVERED: 3,
  PLAYED: 4,
  RETRACTED: 5,
  EDITED: 6,
  CHAT: 7,
  SUMMARY: 8,
  TWIN: 9,
  guid: 10,
  text: 11,
  attributedBody: 12,
  subject: 13,
  service: 14,
  account: 15,
  error: 16,
  handle_id: 17,
  other_handle: 18,
  is_from_me: 19,
  is_sent: 20,
  is_delivered: 21,
  is_read: 22,
  is_empty: 23,
  is_spam: 24,
  is_audio_message: 25,
  is_expirable: 26,
  expire_state: 27,
  was_downgraded: 28,
  was_delivered_quietly: 29,
  did_notify_recipient: 30,
  cache_has_attachments: 31,
  cache_roomnames: 32,
  item_type: 33,
  group_action_type: 34,
  group_title: 35,
  share_status: 36,
  share_direction: 37,
  associated_message_guid: 38,
  associated_message_type: 39,
  associated_message_emoji: 40,
  balloon_bundle_id: 41,
  payload_data: 42,
  expressive_send_style_id: 43,
  destination_caller_id: 44,
  thread_originator_guid: 45,
  thread_originator_part: 46,
  schedule_type: 47,
  schedule_state: 48,
  filter_action: 49,
} as const;

type Name = keyof typeof AT;
type Indexes = (typeof AT)[Name];

/** One row of `message`. A column that this macOS lacks is `null`. */
export type MessageRow = Readonly<Record<Indexes, SqlValue>>;

/** Names in the order of their places. */
const NAMES: readonly string[] = Object.entries(AT)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);

/**
 * What most summaries are: `{ust: true}` on own rows, `{amc: 0, ust: true}` in either order on others. They say nothing,
 * so that they are not even copied out of the database.
 */
const UNTOUCHED_SUMMARIES = [
  '62706c6973743030d1010253757374' +
    '09080b0f000000000000010100000000000000030000000000000000' +
    '0000000000000010',
  '62706c6973743030d20102030453616d6353757374' +
    '100009080d111517000000000000010100000000000000050000000000000000' +
    '0000000000000018',
  '62706c6973743030d2010203045375737453616d63' +
    '091000080d111516000000000000010100000000000000050000000000000000' +
    '0000000000000018',
] as const;

const DATES: Readonly<Record<string, string>> = {
  SENT: 'date',
  READ: 'date_read',
  DELIVERED: 'date_delivered',
  PLAYED: 'date_played',
  RETRACTED: 'date_retracted',
  EDITED: 'date_edited',
};

/** `SELECT … FROM message m` in the order of `AT`. */
export function messageSelect(columns: Columns): string {
  const expressions = NAMES.map((name) => expressionOf(columns, name));
  return `SELECT ${expressions.join(', ')} FROM message m`;
}

function expressionOf(columns: Columns, name: string): string {
  const message = (column: string) => columns.expression('message', 'm', column);
  const date = DATES[name];
  if (date !== undefined) {
    return millisecondsSql(message(date));
  }
  switch (name) {
    case 'ROW_ID':
      return 'm.ROWID';
    case 'CHAT':
      return chatExpression(columns);
    case 'SUMMARY':
      return untouchedAsNull(message('message_summary_info'));
    case 'TWIN':
      return twinExpression(columns);
    default:
      return message(name);
  }
}

/** ROWID of the chat; negative where only the join of Recently Deleted names it. */
function chatExpression(columns: Columns): string {
  const joined = lowestChat(columns, 'chat_message_join');
  const recoverable = lowestChat(columns, 'chat_recoverable_message_join');
  return recoverable === 'NULL' ? joined : `COALESCE(${joined}, -${recoverable})`;
}

function untouchedAsNull(column: string): string {
  const literals = UNTOUCHED_SUMMARIES.map((hex) => `x'${hex}'`).join(', ');
  return column === 'NULL'
    ? 'NULL'
    : `CASE WHEN length(${column}) < 64 AND ${column} IN (${literals}) THEN NULL ELSE ${column} END`;
}

/**
 * Whether an older row is dated in the same second: the hint that a row may be the replay of another. Only an index
 * over `date` makes that a step or two, and only the first rows of a second are looked at: in a burst all of them are
 * older than the next.
 */
function twinExpression(columns: Columns): string {
  const start = `m.date - m.date % ${SECOND}`;
  return columns.hasDateIndex
    ? `EXISTS (SELECT 1 FROM (SELECT t.ROWID AS id FROM message t
         WHERE t.date BETWEEN ${start} AND ${start} + ${SECOND} - 1 ORDER BY t.date LIMIT 4) WHERE id < m.ROWID)`
    : 'NULL';
}

/** One second in the unit of the row's date. */
const SECOND = `(CASE WHEN m.date > 100000000000 THEN 1000000000 ELSE 1 END)`;
