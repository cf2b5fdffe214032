import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { appleNanoseconds, appleSeconds } from '../apple-time.ts';
import { encodeRuns, run, type BodyRun } from '../attributed-body.ts';
import { ChatPlaces, type ChatPlace } from '../chat-places.ts';
import { isSince, type Era } from '../era-schema.ts';
import { commonColumns } from '../message-columns.ts';
import { ownAccount } from '../own-account.ts';
import { columnAwareInsert, type Cell, type InsertRow } from '../row-insert.ts';
import { encodeSummary } from '../summary.ts';

/** One row of the catalogue, and what a reader has to make of it: a part of the domain's `Message`, as plain JSON. */
export interface CatalogueEntry {
  /** What the row stands for, in words; unique. */
  readonly name: string;
  readonly guid: string;
  readonly expected: Readonly<Record<string, unknown>>;
}

export interface CatalogueAttachment {
  readonly guid: string;
  /** The shown name; also the file's. */
  readonly name: string;
  /** What stands in the file; without it there is none on disk. */
  readonly content?: string;
  readonly columns?: Readonly<Record<string, Cell>>;
}

export interface CatalogueRow {
  /** By default the chat with Kim; `null` writes no join. */
  readonly chat?: ChatPlace | null;
  /** By default Kim; `null` is the owner. */
  readonly from?: string | null;
  readonly service?: string;
  /** A plain text is one run of part 0; `null` is a row without a body. */
  readonly body?: string | readonly BodyRun[] | null;
  /** Unix ms; by default a minute after the row before. */
  readonly at?: number;
  readonly attachments?: readonly CatalogueAttachment[];
  /** Set last, over everything else. */
  readonly columns?: Readonly<Record<string, Cell>>;
}

export interface WrittenRow {
  readonly rowId: number;
  readonly guid: string;
  /** Unix ms. */
  readonly at: number;
}

export const LINE = '+15550009999';
export const KIM = '+15550001001';
export const SAM = 'sam@example.com';
export const LEE = '+15550001002';

const BEGIN = Date.UTC(2024, 5, 1, 12);
const MINUTE_MS = 60_000;

/** Writes the catalogue's rows with fixed guids and dates, one minute apart. */
export class CataloguePen {
  readonly era: Era;
  readonly db: Database.Database;
  readonly insert: InsertRow;
  readonly places: ChatPlaces;
  /** With Kim alone. */
  readonly kim: ChatPlace;
  /** The owner, Kim and Sam. */
  readonly crew: ChatPlace;
  readonly entries: CatalogueEntry[] = [];
  readonly #folder: string;
  readonly #account = ownAccount(LINE);
  #at = BEGIN;

  /** @param folder the folder of chat.db, which stands for `~/Library/Messages` */
  constructor(db: Database.Database, era: Era, folder: string) {
    this.db = db;
    this.era = era;
    this.#folder = folder;
    this.insert = columnAwareInsert(db);
    let made = 0;
    this.places = new ChatPlaces(db, {
      era,
      insert: this.insert,
      account: this.#account,
      uuid: () => {
        made += 1;
        return guidOf(`chat ${made}`);
      },
    });
    this.kim = this.places.ensureChat({ style: 'direct', handle: KIM });
    this.crew = this.places.ensureChat({
      style: 'group',
      id: 'chat831446992174650021',
      name: 'Friday crew',
      participants: [KIM, SAM],
    });
  }

  since(version: number): boolean {
    return isSince(this.era, version);
  }

  /** The guid that the row of that name has, whether or not it stands already. */
  guid(name: string): string {
    return guidOf(name);
  }

  /** When the next row will be dated. */
  get next(): number {
    return this.#at + MINUTE_MS;
  }

  /** Writes a row. Beside `expected` it is to have the guid, sender, chat, service and date that it was written with. */
  row(name: string, row: CatalogueRow, expected: Readonly<Record<string, unknown>>): WrittenRow {
    this.#at += MINUTE_MS;
    const { chat = this.kim, from = KIM, service = 'iMessage', at = this.#at } = row;
    const guid = guidOf(name);
    const isFromMe = from === null;
    const date = appleNanoseconds(at);
    const body = bodyOf(row.body ?? null, isFromMe);
    const hasText = !isSince(this.era, 14) && body.text !== '';
    const columns: Record<string, Cell> = {
      ...commonColumns(this.#account, guid, service, date),
      text: hasText ? body.text : null,
      attributedBody: body.bytes,
      handle_id: this.#handleOf(chat, from, service),
      is_from_me: isFromMe ? 1 : 0,
      is_finished: 1,
      is_sent: isFromMe ? 1 : 0,
      is_delivered: isFromMe ? 0 : 1,
      date_read: 0,
      date_delivered: 0,
      part_count: body.parts,
      message_summary_info: encodeSummary({ isFromMe }),
      ...row.columns,
    };
    const rowId = this.insert('message', columns);
    if (chat !== null) {
      this.insert('chat_message_join', {
        chat_id: chat.rowId,
        message_id: rowId,
        message_date: columns['date'] ?? 0,
      });
    }
    for (const attachment of row.attachments ?? []) {
      this.#attach(rowId, attachment, { at, isFromMe });
    }
    const given = {
      guid,
      isFromMe,
      sender: from,
      service,
      sentAt: at,
      line: LINE,
      ...(chat === null
        ? {}
        : {
            chat: { key: `${chat.style}:${chat.identifier}`, style: chat.style, identifier: chat.identifier },
          }),
      ...(body.bytes !== null && !hasText && row.columns?.['attributedBody'] === undefined
        ? { bodyStatus: 'decoded' }
        : {}),
    };
    this.entries.push({ name, guid, expected: { ...given, ...expected } });
    return { rowId, guid, at };
  }

  /** Puts a file into the folder that stands for `~/Library/Messages`. */
  file(path: string, content: string): void {
    const full = join(this.#folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  #handleOf(chat: ChatPlace | null, from: string | null, service: string): number {
    if (from !== null) {
      return this.places.ensureHandle(from, service);
    }
    return chat?.style === 'direct' ? this.places.ensureHandle(chat.identifier, service) : 0;
  }

  #attach(message: number, attachment: CatalogueAttachment, of: { at: number; isFromMe: boolean }): void {
    const { guid, name, content } = attachment;
    const path = `Attachments/${createHash('sha256').update(guid).digest('hex').slice(0, 2)}/00/${guid}/${name}`;
    if (content !== undefined) {
      this.file(path, content);
    }
    const seconds = Math.round(appleSeconds(of.at));
    const id = this.insert('attachment', {
      guid,
      original_guid: guid,
      created_date: seconds,
      start_date: seconds,
      filename: `~/Library/Messages/${path}`,
      transfer_name: name,
      transfer_state: 5,
      is_outgoing: of.isFromMe ? 1 : 0,
      total_bytes: Buffer.byteLength(content ?? ''),
      ...attachment.columns,
    });
    this.insert('message_attachment_join', { message_id: message, attachment_id: id });
  }
}

function bodyOf(
  body: string | readonly BodyRun[] | null,
  isFromMe: boolean,
): { readonly bytes: Buffer | null; readonly text: string; readonly parts: number } {
  if (body === null) {
    return { bytes: null, text: '', parts: 0 };
  }
  const runs = typeof body === 'string' ? [run(0, body)] : body;
  const numbers = new Set(runs.map((one) => JSON.stringify(one.attributes['__kIMMessagePartAttributeName'])));
  return {
    bytes: encodeRuns(runs, { mutable: isFromMe }),
    text: runs.map((one) => one.text).join(''),
    parts: numbers.size,
  };
}

/** An upper-case UUID that follows from the name. */
function guidOf(name: string): string {
  const hex = createHash('sha256').update(`catalogue ${name}`).digest('hex').toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-A${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
