import { rmSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { appleNanoseconds, appleSeconds } from './apple-time.ts';
import { encodeBody } from './body.ts';
import { createChatDb, isSince, type Era } from './era-schema.ts';
import { plainBodies, seededNumbers, someText } from './history-text.ts';
import { historyPlaces, type HistoryChat } from './history-places.ts';
import { ownAccount } from './own-account.ts';
import { encodeLinkPreview } from './payloads.ts';
import { columnAwareInsert, type Cell, type InsertRow } from './row-insert.ts';
import { encodeSummary } from './summary.ts';

export interface HistoryOptions {
  /** How many rows `message` gets. */
  readonly messages: number;
  readonly era?: Era;
  /** The same seed gives the same rows. */
  readonly seed?: number;
  readonly chats?: number;
}

/** The last message's date; the others lie before it, four minutes apart on average. */
const END = Date.UTC(2026, 9, 1);
const STEP_MS = 240_000;
const LINE = '+15550009999';
const BATCH = 20_000;

/** What all rows of one history have in common while they are written. */
interface Pen {
  readonly insert: InsertRow;
  readonly random: () => number;
  readonly chats: readonly HistoryChat[];
  readonly era: Era;
  readonly ownBody: (text: string) => Buffer;
  readonly theirBody: (text: string) => Buffer;
  readonly summaries: { readonly own: Buffer; readonly theirs: Buffer };
  readonly payloads: readonly Buffer[];
  readonly guid: () => string;
}

/**
 * Writes a chat.db with a long history at `path` (an old file there is replaced): nine rows of ten have a body and no
 * text, and among them are tapbacks, edits, replies, link previews, attachments and group events. The files of the
 * attachments are not there. A million rows take half a minute.
 */
export function generateHistory(path: string, options: HistoryOptions): void {
  const { messages, era = '26', seed = 1, chats = 40 } = options;
  for (const ending of ['', '-wal', '-shm']) {
    rmSync(path + ending, { force: true });
  }
  const random = seededNumbers(seed);
  const guid = guids(random);
  const db = createChatDb(path, era, guid());
  // Indexes and triggers come when all rows stand: keeping them in step row by row takes many times as long.
  db.pragma('journal_mode = OFF');
  db.pragma('cache_size = -64000');
  db.pragma('foreign_keys = OFF');
  const restore = withoutUpkeep(db);
  const insert = columnAwareInsert(db);
  const pen: Pen = {
    insert,
    random,
    guid,
    era,
    chats: historyPlaces(insert, { era, count: chats, random, guid, account: ownAccount(LINE) }),
    ownBody: plainBodies(true),
    theirBody: plainBodies(false),
    summaries: { own: encodeSummary({ isFromMe: true }), theirs: encodeSummary({}) },
    payloads: Array.from({ length: 50 }, (_, index) => linkPayload(index, random)),
  };
  for (let from = 0; from < messages; from += BATCH) {
    const to = Math.min(messages, from + BATCH);
    db.transaction(() => {
      for (let index = from; index < to; index += 1) {
        writeRow(pen, END - (messages - index) * STEP_MS);
      }
    })();
  }
  restore();
  db.pragma('journal_mode = WAL');
  db.close();
}

function writeRow(pen: Pen, at: number): void {
  const { random } = pen;
  const chat = pick(pen.chats, random() * random());
  const isFromMe = random() < 0.45;
  // A few rows come late: their date is days older than that of the rows before them.
  const date =
    appleNanoseconds(random() < 0.002 ? at - 3 * 86_400_000 : at) + BigInt(Math.floor(random() * 1e9));
  const text = someText(random);
  const guid = pen.guid();
  const isPlain = chat.service !== 'iMessage' || (!isSince(pen.era, 14) && random() < 0.5);
  const member = pick(chat.handles, random());
  const row: Record<string, Cell> = {
    guid,
    text: isPlain ? text : null,
    handle_id: isFromMe && chat.room !== null ? 0 : member,
    attributedBody: isFromMe ? pen.ownBody(text) : pen.theirBody(text),
    version: 10,
    service: chat.service,
    account: `P:${LINE}`,
    date,
    date_read: random() < 0.7 ? date + 60_000_000_000n : 0,
    date_delivered: isFromMe ? date + 500_000_000n : 0,
    is_delivered: 1,
    is_finished: 1,
    is_from_me: isFromMe ? 1 : 0,
    is_read: random() < 0.7 ? 1 : 0,
    is_sent: isFromMe ? 1 : 0,
    cache_roomnames: chat.room,
    message_summary_info: isFromMe ? pen.summaries.own : pen.summaries.theirs,
    destination_caller_id: LINE,
    reply_to_guid: chat.last,
    part_count: 1,
    ...extras(pen, chat, { guid, at, isFromMe, text, date }),
  };
  const rowId = pen.insert('message', row);
  pen.insert('chat_message_join', { chat_id: chat.rowId, message_id: rowId, message_date: date });
  if (row['cache_has_attachments'] === 1) {
    writeAttachment(pen, rowId, `at_0_${guid}`, at);
  }
  chat.last =
    row['associated_message_type'] === undefined && row['item_type'] === undefined ? guid : chat.last;
}

/** What makes one row of some more than a text: two of a hundred link previews, six tapbacks, four attachments, … */
function extras(
  pen: Pen,
  chat: HistoryChat,
  row: {
    readonly guid: string;
    readonly at: number;
    readonly isFromMe: boolean;
    readonly text: string;
    readonly date: bigint;
  },
): Record<string, Cell> {
  const dice = pen.random();
  if (dice < 0.02) {
    return {
      balloon_bundle_id: 'com.apple.messages.URLBalloonProvider',
      payload_data: pick(pen.payloads, pen.random()),
    };
  }
  if (dice < 0.08 && chat.last !== null && chat.service === 'iMessage') {
    return {
      associated_message_guid: `p:0/${chat.last}`,
      associated_message_type: 2000 + Math.floor(pen.random() * 6) + (pen.random() < 0.05 ? 1000 : 0),
      associated_message_range_length: 10,
      part_count: null,
    };
  }
  if (dice < 0.12) {
    const attachments = [`at_0_${row.guid}`];
    const body = encodeBody(row.text, { attachments, mutable: row.isFromMe });
    return { cache_has_attachments: 1, part_count: 2, attributedBody: body, text: null };
  }
  if (dice < 0.14 && chat.last !== null && isSince(pen.era, 12)) {
    return { thread_originator_guid: chat.last, thread_originator_part: '0:0:5' };
  }
  if (dice < 0.15 && isSince(pen.era, 13)) {
    const first = `${row.text} (?)`;
    return {
      date_edited: row.date + 40_000_000_000n,
      message_summary_info: encodeSummary({
        isFromMe: row.isFromMe,
        edits: [
          {
            part: 0,
            revisions: [
              { at: row.at, text: first },
              { at: row.at + 40_000, text: row.text },
            ],
          },
        ],
      }),
    };
  }
  if (dice < 0.155 && chat.room !== null) {
    return { item_type: 2, group_title: row.text.slice(0, 20), attributedBody: null, text: null };
  }
  return {};
}

function writeAttachment(pen: Pen, message: number, guid: string, at: number): void {
  const isPicture = pen.random() < 0.8;
  const name = `IMG_${Math.floor(pen.random() * 9000) + 1000}.${isPicture ? 'heic' : 'pdf'}`;
  const seconds = Math.round(appleSeconds(at));
  const attachment = pen.insert('attachment', {
    guid,
    original_guid: guid,
    created_date: seconds,
    start_date: seconds,
    filename: `~/Library/Messages/Attachments/${guid.slice(-2).toLowerCase()}/00/${guid}/${name}`,
    uti: isPicture ? 'public.heic' : 'com.adobe.pdf',
    mime_type: isPicture ? 'image/heic' : 'application/pdf',
    transfer_state: 5,
    transfer_name: name,
    total_bytes: Math.floor(pen.random() * 4_000_000),
  });
  pen.insert('message_attachment_join', { message_id: message, attachment_id: attachment });
}

function linkPayload(index: number, random: () => number): Buffer {
  return encodeLinkPreview({
    url: `https://example.com/articles/${index}`,
    originalUrl: `https://exa.mp/${index}`,
    title: someText(random).slice(0, 80),
    summary: someText(random),
    siteName: 'Example',
  });
}

/** Takes indexes and triggers away, and gives what brings them back. */
function withoutUpkeep(db: Database.Database): () => void {
  const upkeep = db
    .prepare<[], { type: string; name: string; sql: string }>(
      `SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL`,
    )
    .all();
  for (const { type, name } of upkeep) {
    db.exec(`DROP ${type} ${name}`);
  }
  return () => {
    for (const { sql } of upkeep) {
      db.exec(sql);
    }
  };
}

/** Upper-case UUIDs that the seed decides. */
function guids(random: () => number): () => string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
      .toUpperCase();
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-A${hex(3)}-${hex(6)}${hex(6)}`;
}

function pick<T>(items: readonly T[], random: number): T {
  const found = items[Math.floor(random * items.length)];
  if (found === undefined) {
    throw new RangeError('nothing to pick from');
  }
  return found;
}
