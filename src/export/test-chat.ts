import { aMessage, UNSENT } from '../../test/support/message.ts';
import {
  canonicalHandle,
  chatRef,
  handle,
  instant,
  messageGuid,
  rowId,
  type Attachment,
  type Chat,
  type Message,
} from '../domain/index.ts';
import { exportHtml } from './export-html.ts';
import type { ExportSource } from './export-jsonl.ts';
import type { Sink } from './sink.ts';

export const KIM = handle('+15550001001');
export const SAM = handle('sam@example.com');
export const ME = handle('+15550009999');
const GROUP = chatRef('group', 'chat831446992174650021');

/** A message of Kim's in the group, with the fields that a test cares for. */
export function message(row: number, fields: Partial<Message> = {}): Message {
  const isFromMe = fields.isFromMe ?? false;
  return aMessage({
    rowId: rowId(row),
    guid: messageGuid(`GUID-${row}`),
    chat: GROUP,
    line: ME,
    isFromMe,
    sender: isFromMe ? null : KIM,
    text: null,
    parts: [],
    sentAt: instant(Date.UTC(2026, 9, 5, 14, 30) + row * 60_000),
    delivery: { ...UNSENT, isSent: isFromMe },
    ...fields,
  });
}

/** A message that says one thing. */
export function says(row: number, text: string, fields: Partial<Message> = {}): Message {
  return message(row, { text, parts: [{ type: 'text', index: 0, text, runs: [] }], ...fields });
}

/** A tapback on part 0 of another message, unless it says otherwise. */
export function reacts(
  row: number,
  target: number,
  kind: Partial<Extract<Message['kind'], { kind: 'reaction' }>> = {},
  fields: Partial<Message> = {},
): Message {
  return message(row, {
    kind: {
      kind: 'reaction',
      action: 'add',
      reaction: 'love',
      emoji: null,
      target: messageGuid(`GUID-${target}`),
      part: 0,
      ...kind,
    },
    ...fields,
  });
}

export function attachment(guid: string, fields: Partial<Attachment> = {}): Attachment {
  return {
    guid,
    filename: `${guid}.png`,
    mimeType: 'image/png',
    uti: null,
    size: 1000,
    transferState: 5,
    isReady: true,
    isSticker: false,
    stickerKind: null,
    description: null,
    isOutgoing: false,
    width: null,
    height: null,
    createdAt: null,
    ...fields,
  };
}

/** A database that holds these messages in one group, read as the real one is. */
export function sourceOf(
  messages: readonly Message[],
  files: Readonly<Record<string, string>> = {},
  names: Partial<Chat> = {},
): ExportSource {
  const rows = messages
    .toSorted((a, b) => a.rowId - b.rowId)
    .map((one) => ({ message: one, missing: { join: false, body: false }, hold: false }));
  return {
    lastRowId: () => rows.at(-1)?.message.rowId ?? rowId(0),
    exportRows: ({ after, limit }) => {
      const found = rows.filter((row) => row.message.rowId > after).slice(0, limit);
      const last = found.at(-1);
      const next = last === undefined || found.length < limit ? null : last.message.rowId;
      return { messages: found.map((row) => row.message), next };
    },
    readRows: (ids) => rows.filter((row) => ids.includes(row.message.rowId)),
    messageByGuid: (guid) => messages.find((one) => one.guid === guid) ?? null,
    attachmentFile: (guid) => {
      const path = files[guid];
      return path === undefined
        ? null
        : { path, mimeType: null, filename: null, size: 0, transferState: 5, messages: [] };
    },
    chat: (key) => ({
      ...GROUP,
      key,
      guid: `any;+;${GROUP.identifier}`,
      service: 'iMessage',
      displayName: 'Friday crew',
      participants: [KIM, SAM].map((who) => canonicalHandle(who)),
      lastMessageAt: null,
      line: ME,
      ...names,
    }),
  };
}

/** Keeps what is written. */
export function memorySink(): Sink & { text(): string } {
  const pieces: string[] = [];
  return {
    isClosed: false,
    write: (piece) => {
      pieces.push(typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8'));
      return undefined;
    },
    finish: () => Promise.resolve(),
    abandon: () => undefined,
    text: () => pieces.join(''),
  };
}

/** The page of a group that holds these messages, in New York. */
export async function pageOf(
  messages: readonly Message[],
  options: {
    readonly folder?: string;
    readonly files?: Readonly<Record<string, string>>;
    readonly source?: ExportSource;
  } = {},
): Promise<string> {
  const sink = memorySink();
  const [first] = messages;
  await exportHtml(
    {
      db: options.source ?? sourceOf(messages, options.files),
      criteria: { since: null, until: null, chats: null, isEverything: true, includes: () => true },
      sink,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
    {
      chats: new Set(first?.chat === null || first === undefined ? [] : [first.chat.key]),
      folder: options.folder ?? '/nonexistent',
      timeZone: 'America/New_York',
    },
  );
  return sink.text();
}

/** What stands between the tags of the page's body. */
export function words(page: string): string {
  return page
    .slice(page.indexOf('<main>'), page.indexOf('</main>'))
    .replaceAll(/<[^>]*>/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}
