import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Attachment, Chat, ChatKey, Message } from '../domain/index.ts';
import type { Criteria } from './criteria.ts';
import type { ExportSource, Run } from './export-jsonl.ts';
import { inlineImage, type InlineImage } from './html/inline-image.ts';
import { isSameRun, messageHtml } from './html/message.ts';
import { pageMoments, type Moments } from './html/moments.ts';
import type { PageContext } from './html/page-context.ts';
import { dayHtml, PAGE_FOOT, pageHead } from './html/page.ts';
import { readTimeline, type Timeline } from './html/timeline.ts';

/** Messages that are held at a time. */
const ROWS_PER_READ = 200;
const PIECE_LENGTH = 128 * 1024;

/**
 * One chat as a page, by date. The chat is read twice: first for the order of its messages and for what was put on
 * them, then for what they say, so that memory holds numbers rather than messages.
 * @returns how many entries the page has: tapbacks, votes and replayed copies are none of their own
 */
export async function exportHtml(
  run: Run,
  page: {
    readonly chats: ReadonlySet<ChatKey>;
    /** Where Attachments lies. */
    readonly folder: string;
    readonly timeZone: string | undefined;
  },
): Promise<number> {
  const { criteria: wanted, chats } = { criteria: run.criteria, chats: page.chats };
  const criteria: Criteria = {
    ...wanted,
    chats,
    isEverything: false,
    includes: (message) => message.chat !== null && chats.has(message.chat.key) && wanted.includes(message),
  };
  const timeline = await readTimeline(run, criteria);
  if (timeline.size === 0) {
    return 0;
  }
  const moments = pageMoments(page.timeZone);
  const chat = chatOf(run.db, chats);
  const context = pageContext(run.db, criteria, { timeline, moments, folder: page.folder, chat });
  const [first, last] = [at(run.db, timeline, 0), at(run.db, timeline, timeline.size - 1)];
  const facts = { messages: timeline.size, first: first?.sentAt ?? null, last: last?.sentAt ?? null };
  const out = piecewise(run);
  await out(pageHead(chat, facts, moments));
  let day = '';
  let above: Message | null = null;
  let done = 0;
  for await (const [message, below] of withNext(ordered(run, timeline))) {
    const today = moments.day(message.sentAt);
    const isNewDay = today !== day;
    day = today;
    const endsDay = below === null || moments.day(below.sentAt) !== today;
    const place = {
      isFirst: isNewDay || above === null || !isSameRun(above, message),
      isLast: endsDay || !isSameRun(message, below),
    };
    above = message;
    await out((isNewDay ? dayHtml(message.sentAt, moments) : '') + messageHtml(message, place, context));
    done += 1;
    if (done % ROWS_PER_READ === 0) {
      run.onProgress(done, 0.5 + done / timeline.size / 2);
    }
  }
  await out(PAGE_FOOT, true);
  return done;
}

function chatOf(
  db: ExportSource,
  chats: ReadonlySet<ChatKey>,
): Pick<Chat, 'displayName' | 'participants' | 'identifier' | 'service' | 'style'> {
  for (const key of chats) {
    const chat = db.chat(key);
    if (chat !== null) {
      return chat;
    }
  }
  // Messages that no chat was ever joined to: all that is known is the address they came from.
  const [key = 'direct:'] = chats;
  const identifier = key.slice(key.indexOf(':') + 1);
  return { displayName: null, participants: [], identifier, service: '', style: 'direct' };
}

function pageContext(
  db: ExportSource,
  criteria: Criteria,
  page: {
    readonly timeline: Timeline;
    readonly moments: Moments;
    readonly folder: string;
    readonly chat: Pick<Chat, 'style'>;
  },
): PageContext {
  return {
    isGroup: page.chat.style === 'group',
    moments: page.moments,
    marksOn: (guid) => page.timeline.marksOn(guid),
    pollState: (guid) => page.timeline.pollState(guid),
    replied: (guid) => {
      const message = db.messageByGuid(guid);
      return message === null
        ? null
        : { message, isOnPage: message.replayOf === null && criteria.includes(message) };
    },
    image: (attachment) => imageOf(db, attachment, page.folder),
  };
}

function imageOf(
  db: Pick<ExportSource, 'attachmentFile'>,
  attachment: Attachment,
  folder: string,
): InlineImage {
  const file = db.attachmentFile(attachment.guid);
  const path = file?.path ?? null;
  return path === null ? { outcome: 'missing' } : inlineImage(path, folder);
}

function at(db: ExportSource, timeline: Timeline, place: number): Message | null {
  return db.readRows(timeline.rows(place, 1))[0]?.message ?? null;
}

/** The messages of the timeline; a signal or a reader that goes away ends it early. */
async function* ordered(run: Run, timeline: Timeline): AsyncGenerator<Message> {
  for (let place = 0; place < timeline.size; place += ROWS_PER_READ) {
    const ids = timeline.rows(place, ROWS_PER_READ);
    const read = new Map(run.db.readRows(ids).map((row) => [row.message.rowId, row.message]));
    for (const id of ids) {
      const message = read.get(id);
      if (message !== undefined) {
        yield message;
      }
    }
    await nextTurn();
    if (run.signal.aborted || run.sink.isClosed) {
      return;
    }
  }
}

/** Each item with the one behind it. */
async function* withNext<T>(items: AsyncIterable<T>): AsyncGenerator<[T, T | null]> {
  let held: { readonly item: T } | null = null;
  for await (const item of items) {
    if (held !== null) {
      yield [held.item, item];
    }
    held = { item };
  }
  if (held !== null) {
    yield [held.item, null];
  }
}

/** Gathers small pieces into large ones. */
function piecewise({ sink }: Run): (html: string, isLast?: boolean) => Promise<void> {
  let piece = '';
  return async (html, isLast = false) => {
    piece += html;
    if (piece.length >= PIECE_LENGTH || isLast) {
      const full = piece;
      piece = '';
      await sink.write(full);
    }
  };
}
