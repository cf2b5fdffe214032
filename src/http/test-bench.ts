import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import {
  chatRef,
  handle,
  instant,
  sequence,
  type Chat,
  type ChatKey,
  type Message,
} from '../domain/index.ts';
import { keepLog } from '../../test/support/kept-logs.ts';
import { createContactCards } from '../contact-cards/index.ts';
import { chatId, messageId } from '../contract/index.ts';
import { createStockActions } from '../messages-app/index.ts';
import { createLogger, systemClock, type Clock, type Logger } from '../runtime/index.ts';
import type { Journal } from '../events/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createUploads, type Uploads } from '../uploads/index.ts';
import type { Webhooks } from '../webhooks/index.ts';
import { createHttp, type Http, type HttpConfig } from './create-http.ts';
import { createSandbox, lineLink, type Sandbox } from '../onboarding/index.ts';
import { createKeys, type Keys } from './keys.ts';
import { pageOf } from './test-page.ts';
import type { FoundFile, LineInfo, ListedMessage, MessageCursor, MessagesPort } from './ports.ts';
import type { JournalPort, StreamPort, StreamRequest } from './stream-port.ts';
import { fakeGuard, type GuardRoom } from './test-guard.ts';
import { fakeHealth, fakeOperations } from './test-operations.ts';
import { fakeOutbox, type OutboxRoom } from './test-outbox.ts';
import { startWebhooks } from './test-webhooks.ts';

export const LINE = handle('+15559990000');
export const ALIAS = handle('owner@example.com');
export const CONTACT = handle('+15550001111');

/** The rooms behind the door, played in memory; tests set what they say. */
interface FakeRooms extends GuardRoom, OutboxRoom {
  lines: LineInfo[];
  chats: Chat[];
  messages: ListedMessage[];
  /** Where every search of messages says that it stopped. */
  stoppedAt: MessageCursor | null;
  /** By their `file_…` id. */
  readonly files: Map<string, FoundFile>;
  events: { readonly type: string; readonly line: string | null; readonly json: string }[];
  oldest: number;
  isHealthy: boolean;
  /** What each read of chat.db throws. */
  messagesFailure: Error | null;
  readonly attached: { readonly socket: WebSocket; readonly request: StreamRequest }[];
  /** What readers of server-sent events asked for. */
  readonly sse: Parameters<StreamPort['attachSse']>[1][];
}

export interface Bench {
  readonly http: Http;
  readonly keys: Keys;
  readonly store: Store;
  /** The real one. */
  readonly sandbox: Sandbox;
  /** The real one, in a folder of its own. */
  readonly uploads: Uploads;
  /** The real ones, over a journal of their own. */
  readonly webhooks: Webhooks;
  readonly journal: Journal;
  readonly folder: string;
  /** What words in examples of requests stand for. */
  readonly placeholders: Map<string, string>;
  readonly rooms: FakeRooms;
  readonly logLines: string[];
  close(): Promise<void>;
}

export function createBench(
  options: {
    clock?: Clock;
    config?: Partial<HttpConfig>;
    uploads?: { maxBytes?: number; reserveBytes?: number };
    /** In place of one that only notes who was attached to it. */
    stream?: (parts: { store: Store; clock: Clock; log: Logger }) => StreamPort;
  } = {},
): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-http-'));
  const store = openStore(folder);
  const clock = options.clock ?? systemClock();
  const keys = createKeys(store, clock);
  const sandbox = createSandbox({ store, clock });
  const rooms = emptyRooms();
  const logLines: string[] = [];
  const log = createLogger('debug', { write: (line) => void logLines.push(line) });
  const uploads = createUploads({
    store,
    clock,
    log,
    folder: join(folder, 'uploads'),
    messagesFolder: join(folder, 'Messages'),
    maxBytes: 1_000_000,
    reserveBytes: 0,
    keepMs: 86_400_000,
    afconvert: join(folder, 'no-afconvert'),
    isOpen: () => true,
    ...options.uploads,
  });
  const { webhooks, journal } = startWebhooks({ store, clock, log });
  const http = createHttp({
    config: {
      host: '127.0.0.1',
      port: 0,
      tls: null,
      allowPlain: false,
      hostNames: [],
      requestsPerHour: null,
      ...options.config,
    },
    clock,
    log,
    keys,
    outbox: fakeOutbox(rooms, clock),
    guard: fakeGuard(rooms, clock),
    actions: createStockActions(() => ({ state: 'running', accounts: [] })),
    journal: fakeJournal(rooms),
    stream: options.stream?.({ store, clock, log }) ?? fakeStream(rooms),
    health: fakeHealth(rooms),
    messages: fakeMessages(rooms),
    uploads,
    contactCards: createContactCards({ store, clock }),
    sandbox,
    links: { link: lineLink },
    webhooks,
    operations: fakeOperations(clock),
    metrics: { render: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }) },
  });
  return {
    http,
    keys,
    store,
    sandbox,
    uploads,
    webhooks,
    journal,
    folder,
    placeholders: new Map(),
    rooms,
    logLines,
    close: async () => {
      keepLog(`http-${process.pid}`, logLines.join(''));
      await http.close();
      await webhooks.stop();
      await uploads.stop();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function emptyRooms(): FakeRooms {
  const line = { service: 'imessage', lastUsedAt: null } as const;
  return {
    lines: [
      { ...line, handle: LINE, isActive: true },
      { ...line, handle: ALIAS, isActive: false },
    ],
    chats: [],
    messages: [],
    stoppedAt: null,
    files: new Map(),
    commands: [],
    accepted: [],
    answered: new Map(),
    onAccept: () => undefined,
    isPaused: false,
    orders: [],
    usage: [],
    timeZone: null,
    lowered: null,
    events: [],
    oldest: 1,
    isHealthy: true,
    messagesFailure: null,
    storeFailure: null,
    attached: [],
    sse: [],
  };
}

export function sampleChat(identifier: string, line = LINE, at = 1_700_000_000_000): Chat {
  return {
    ...chatRef('direct', identifier),
    guid: `any;-;${identifier}`,
    service: 'iMessage',
    displayName: null,
    participants: [handle(identifier)],
    lastMessageAt: instant(at),
    line,
  };
}

export function listed(message: Message, date: string): ListedMessage {
  return { message, cursor: { date, rowId: message.rowId }, origin: null, syncedAt: null };
}

function fakeJournal(rooms: FakeRooms): JournalPort {
  return {
    epoch: 'epoch-1',
    head: () => sequence(rooms.events.length),
    oldest: () => sequence(rooms.oldest),
    firstSince: (at) => {
      const index = rooms.events.findIndex(({ json }) => {
        const event: { timestamp?: string } = JSON.parse(json);
        return Date.parse(event.timestamp ?? '') >= at;
      });
      return sequence(index === -1 ? rooms.events.length + 1 : index + 1);
    },
    read: async (after, { limit, types, lines }) => {
      const events = rooms.events
        .map((event, index) => ({ ...event, sequence: sequence(index + 1) }))
        .filter((event) => event.sequence > after && event.sequence >= rooms.oldest)
        .filter((event) => types === null || types.includes(event.type))
        .filter((event) => lines === null || event.line === null || lines.includes(event.line))
        .slice(0, limit);
      return { events, scannedTo: sequence(rooms.events.length) };
    },
  };
}

function fakeStream(rooms: FakeRooms): StreamPort {
  return {
    attach: (socket, request) => {
      rooms.attached.push({ socket, request });
      socket.on('message', (data) => {
        if (Buffer.isBuffer(data)) {
          socket.send(`echo ${data.toString('utf8')}`);
        }
      });
      socket.send('attached');
    },
    attachSse: (response, request) => {
      rooms.sse.push(request);
      response.write('data: attached\n\n');
      return { end: (reason) => response.end(`event: end\ndata: ${reason}\n\n`) };
    },
  };
}

function fakeMessages(rooms: FakeRooms): MessagesPort {
  const guarded = <T>(value: () => T): T => {
    if (rooms.messagesFailure !== null) {
      throw rooms.messagesFailure;
    }
    return value();
  };
  const find = (isIt: (key: ChatKey) => boolean) => rooms.chats.find((chat) => isIt(chat.key)) ?? null;
  return {
    lines: () => guarded(() => rooms.lines),
    chat: (key) => guarded(() => find((candidate) => candidate === key)),
    chatKeyById: (id) => guarded(() => find((candidate) => chatId(candidate) === id)?.key ?? null),
    chats: ({ before, limit, line }) =>
      guarded(() => ({
        items: rooms.chats
          .map((chat, index) => ({
            chat,
            cursor: { at: chat.lastMessageAt ?? instant(0), rowId: index + 1 },
          }))
          .filter(({ chat }) => line === null || chat.line === line)
          .sort((a, b) => b.cursor.at - a.cursor.at || b.cursor.rowId - a.cursor.rowId)
          .filter(
            ({ cursor }) =>
              before === null ||
              cursor.at < before.at ||
              (cursor.at === before.at && cursor.rowId < before.rowId),
          )
          .slice(0, limit),
      })),
    messages: async (query) => ({
      items: guarded(() => pageOf(rooms.messages, query)),
      stoppedAt: rooms.stoppedAt,
    }),
    message: async (reference) =>
      guarded(
        () =>
          rooms.messages.find(
            ({ message }) => message.guid === reference || messageId(message.guid) === reference,
          ) ?? null,
      ),
    reactions: (target) =>
      guarded(() =>
        rooms.messages.filter(({ message: { kind } }) => kind.kind === 'reaction' && kind.target === target),
      ),
    file: async (id) => guarded(() => rooms.files.get(id) ?? null),
  };
}
