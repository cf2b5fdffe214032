import { dirname } from 'node:path';
import type { WireMessage } from '../contract/index.ts';
import type { ChatKey } from '../domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { BluelineError } from '../runtime/index.ts';
import { resolveFilter, type Criteria, type ExportFilter } from './criteria.ts';
import { exportJsonl, type Run } from './export-jsonl.ts';
import { exportLinesInParallel, WORTH_THREADS } from './parallel-lines.ts';
import { SCAN_CACHE_KIB } from './stretch-lines.ts';
import { readablePlace } from './private-copy.ts';
import type { Sink } from './sink.ts';

/** `jsonl`: one message a line in the wire's shape, by ROWID. `html`: one chat as a page, by date. */
export type ExportFormat = 'jsonl' | 'html';

export interface ExportProgress {
  readonly messages: number;
  /** How much has been read, from 0 to 1. */
  readonly position: number;
}

export interface ExportRequest {
  /** A chat.db of any macOS from 10.13 on, with its `-wal` beside it if it has one. */
  readonly database: string;
  /** Whether it is the database that Messages works with on this Mac, rather than somebody's copy. */
  readonly isLive: () => Promise<boolean>;
  readonly filter: ExportFilter;
  readonly format: ExportFormat;
  /** Called once the database is open, with its path: what cannot be read leaves no output. */
  readonly openSink: (database: string) => Sink;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ExportProgress) => void;
  /** How a message becomes a line; `JSON.stringify` if left out. */
  readonly encode?: (message: WireMessage) => string;
  /** The zone of the page's days and hours (IANA); the machine's if left out. */
  readonly timeZone?: string;
}

export interface ExportOutcome {
  /** `closed`: nobody reads the output any more. `interrupted`: the signal aborted, nothing was kept. */
  readonly ended: 'complete' | 'closed' | 'interrupted';
  readonly messages: number;
}

/**
 * Writes the wanted messages of a database to a sink. The database and what lies beside it stay as they are.
 * @throws BluelineError `messages_db_missing`, `messages_db_unreadable`, `messages_db_invalid`,
 *   `messages_db_locked`, `messages_db_changing`, `export_no_space`, `export_chat_unknown`, `export_chat_needed`,
 *   `export_line_invalid`, `export_disk_full`, `export_write_failed`
 */
export async function exportMessages(request: ExportRequest): Promise<ExportOutcome> {
  const place = await readablePlace(request.database, { isLive: request.isLive });
  let db: MessagesDb | null = null;
  let sink: Sink | null = null;
  try {
    // What a row calls ~/Library/Messages is the folder that the database was found in.
    db = openMessagesDb(place.path, { messagesFolder: dirname(place.original), cacheKib: SCAN_CACHE_KIB });
    const criteria = resolveFilter(request.filter, db);
    const chat = request.format === 'html' ? onePage(db, criteria) : null;
    sink = request.openSink(place.original);
    const messages = await write(request, {
      db,
      criteria,
      chat,
      sink,
      folder: dirname(place.original),
      path: place.path,
    });
    if (sink.isClosed) {
      return { ended: 'closed', messages };
    }
    if (request.signal.aborted) {
      return { ended: 'interrupted', messages };
    }
    if (messages === 0 && criteria.chats !== null && !hasChat(db, criteria)) {
      throw new BluelineError('export_chat_unknown', 'The database holds no such chat.');
    }
    place.verify();
    await sink.finish();
    return { ended: 'complete', messages };
  } finally {
    sink?.abandon();
    db?.close();
    place.release();
  }
}

async function write(
  request: ExportRequest,
  parts: {
    readonly db: MessagesDb;
    readonly criteria: Criteria;
    readonly chat: ReadonlySet<ChatKey> | null;
    readonly sink: Sink;
    readonly folder: string;
    /** What is opened: the database, or the private copy of it. */
    readonly path: string;
  },
): Promise<number> {
  const run: Run = {
    db: parts.db,
    criteria: parts.criteria,
    sink: parts.sink,
    signal: request.signal,
    onProgress: (messages, position) => request.onProgress({ messages, position }),
  };
  if (parts.chat === null) {
    return request.encode === undefined && parts.db.lastRowId() >= WORTH_THREADS
      ? exportLinesInParallel(run, {
          path: parts.path,
          messagesFolder: parts.folder,
          filter: request.filter,
        })
      : exportJsonl(run, request.encode ?? JSON.stringify);
  }
  const { exportHtml } = await import('./export-html.ts');
  return exportHtml(run, { chats: parts.chat, folder: parts.folder, timeZone: request.timeZone });
}

/** A page shows one chat: the one asked for, or the only one that there is. */
function onePage(db: MessagesDb, criteria: Criteria): ReadonlySet<ChatKey> {
  const chats = criteria.chats ?? new Set(db.chatKeys());
  if (criteria.chats === null && chats.size !== 1) {
    throw new BluelineError('export_chat_needed', 'A page shows one chat, and the database holds several.', {
      advice:
        'Name one with --chat: by its cht_… id, its guid, or the number or e-mail address of the contact.',
    });
  }
  return chats;
}

function hasChat(db: MessagesDb, criteria: Criteria): boolean {
  return db.chatKeys().some((key) => criteria.chats?.has(key) === true);
}
