import { millisecondsSql } from './apple-time.ts';
import { lowestChat, type Columns } from './columns.ts';
import type { SqlValue } from './sql-value.ts';

/**
 * Where each value stands in a row. Rows are read as arrays, and a value costs as much to fetch as to understand: what
 * hardly any row has stands at the end, behind `UNUSUAL`, and is fetched only for the rows that have some of it. Names
 * with capitals are made by an expression below, the others are columns of `message`.
 */
export const AT = {
  ROW_ID: 0,
  UNUSUAL: 1,
  SENT: 2,
  READ: 3,
  DELIVERED: 4,
  CHAT: 5,
  TWIN: 6,
  guid: 7,
  text: 8,
  attributedBody: 9,
  service: 10,
  account: 11,
  handle_id: 12,
  is_from_me: 13,
  is_sent: 14,
  is_delivered: 15,
  is_read: 16,
  cache_roomnames: 17,
  destination_caller_id: 18,
  PLAYED: 19,
  RETRACTED: 20,
  EDITED: 21,
  SUMMARY: 22,
  subject: 23,
  error: 24,
  other_handle: 25,
  is_empty: 26,
  is_spam: 27,
  is_audio_message: 28,
  is_expirable: 29,
  expire_state: 30,
  was_downgraded: 31,
  was_delivered_quietly: 32,
  did_notify_recipient: 33,
  cache_has_attachments: 34,
  item_type: 35,
  group_action_type: 36,
  group_title: 37,
  share_status: 38,
  share_direction: 39,
  associated_message_guid: 40,
  associated_message_type: 41,
  associated_message_emoji: 42,
  balloon_bundle_id: 43,
  payload_data: 44,
  expressive_send_style_id: 45,
  thread_originator_guid: 46,
  thread_originator_part: 47,
  schedule_type: 48,
  schedule_state: 49,
  filter_action: 50,
} as const;

/** The first place of what only unusual rows have. */
const REST = AT.PLAYED;

/** One row of `message`. A column that this macOS lacks is `null`; what only unusual rows have may be absent. */
export type MessageRow = readonly SqlValue[];

/** Names in the order of their places. */
const NAMES: readonly string[] = Object.entries(AT)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name);

/** Of what only unusual rows have, these are text or bytes; the others are numbers, and 0 says nothing. */
const WITHOUT_NUMBER: ReadonlySet<string> = new Set([
  'subject',
  'group_title',
  'associated_message_guid',
  'associated_message_emoji',
  'balloon_bundle_id',
  'payload_data',
  'expressive_send_style_id',
  'thread_originator_guid',
  'thread_originator_part',
]);

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

const SUMMARY = 'message_summary_info';
/** What `readSummaryInfo` looks for. */
const SUMMARY_KEYS = ['ec', 'rp', 'tmp'] as const;

const DATES: Readonly<Record<string, string>> = {
  SENT: 'date',
  READ: 'date_read',
  DELIVERED: 'date_delivered',
  PLAYED: 'date_played',
  RETRACTED: 'date_retracted',
  EDITED: 'date_edited',
};

/** `SELECT … FROM message m` in the order of `AT`, without the rest that only unusual rows have. */
export function messageSelect(columns: Columns): string {
  return selectOf(columns, NAMES.slice(0, REST));
}

/** The same for the rest alone. */
export function restSelect(columns: Columns): string {
  return selectOf(columns, NAMES.slice(REST));
}

function selectOf(columns: Columns, names: readonly string[]): string {
  return `SELECT ${names.map((name) => expressionOf(columns, name)).join(', ')} FROM message m`;
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
    case 'UNUSUAL':
      return unusualExpression(columns);
    case 'CHAT':
      return chatExpression(columns);
    case 'SUMMARY':
      return untouchedAsNull(message(SUMMARY));
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

/** Whether the rest of the row says anything. `NULL` is never true: it says no more than 0. */
function unusualExpression(columns: Columns): string {
  const conditions = NAMES.slice(REST).flatMap((name) => {
    const column = columns.expression('message', 'm', name === 'SUMMARY' ? SUMMARY : (DATES[name] ?? name));
    if (column === 'NULL') {
      return [];
    }
    return name === 'SUMMARY'
      ? [`(NOT ${isUntouched(column)} AND ${mayTell(column)})`]
      : [WITHOUT_NUMBER.has(name) ? `${column} IS NOT NULL` : column];
  });
  return conditions.length === 0 ? '0' : `CASE WHEN ${conditions.join(' OR ')} THEN 1 ELSE 0 END`;
}

function untouchedAsNull(column: string): string {
  return column === 'NULL' ? 'NULL' : `CASE WHEN ${isUntouched(column)} THEN NULL ELSE ${column} END`;
}

function isUntouched(column: string): string {
  const literals = UNTOUCHED_SUMMARIES.map((hex) => `x'${hex}'`).join(', ');
  return `(length(${column}) < 64 AND ${column} IN (${literals}))`;
}

/** Whether a summary may have one of the keys that are read. What is not of the binary form passes, too. */
function mayTell(column: string): string {
  const keys = SUMMARY_KEYS.flatMap((key) => [Buffer.from(key), Buffer.from(key, 'utf16le').swap16()]);
  const found = keys.map((key) => `instr(${column}, x'${key.toString('hex')}')`);
  return `(${column} NOT BETWEEN CAST('bplist' AS BLOB) AND CAST('bplisu' AS BLOB) OR ${found.join(' OR ')})`;
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
