import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';

/** One event, reduced to what the model knows of. */
export interface Seen {
  readonly sequence: number;
  readonly type: string;
  /** Guid of the row that it tells of; of the chat for `chat.created`; empty for events of the bridge. */
  readonly guid: string;
  /** What a type leaves open: who has read, which file, how the chat of a new row is known. */
  readonly what: string;
  readonly text: string | null;
  readonly revisions: number;
  readonly isRecentlyDeleted: boolean;
  /** `late`, `replay of <guid>`, or nothing. */
  readonly mark: string;
  readonly gapReason: string;
  /** It shows what an app made of it: a link's preview. */
  readonly isOfApp: boolean;
  /** Guids of the attachments that a message's event calls ready. */
  readonly readyFiles: readonly string[];
  /** When it was read here, nanoseconds of the clock that all processes share. */
  readonly ticks: bigint;
}

const body = z.object({
  sequence: z.int(),
  type: z.string(),
  data: z.object({
    guid: z.string().optional(),
    message_guid: z.string().optional(),
    kind: z.string().optional(),
    attachments: z.array(z.object({ guid: z.string(), ready: z.boolean() })).optional(),
    reader: z.string().optional(),
    chat_resolved: z.string().optional(),
    text: z.string().optional(),
    revisions: z.int().optional(),
    is_recently_deleted: z.boolean().optional(),
    late: z.boolean().optional(),
    replay_of: z.string().optional(),
    reason: z.string().optional(),
  }),
});

const PAGE = 2_000;

/**
 * The journal as it grows, read from the daemon's store: over HTTP a hundred thousand events would cost the daemon
 * more than the capture of them. Short reads, which hold nobody up.
 */
export class JournalTail {
  readonly #db: Database.Database;
  readonly #page: Database.Statement<[number, number], { sequence: number; body: string }>;
  #after = 0;
  /** Sequences that did not follow on the one before. */
  readonly holes: string[] = [];

  constructor(home: string) {
    this.#db = new Database(join(home, 'blueline.db'), { readonly: true, timeout: 5_000 });
    this.#page = this.#db.prepare(
      'SELECT sequence, body FROM journal WHERE sequence > ? ORDER BY sequence LIMIT ?',
    );
  }

  get head(): number {
    return this.#after;
  }

  /** What has come since the last call. */
  read(): Seen[] {
    const seen: Seen[] = [];
    for (;;) {
      const rows = this.#page.all(this.#after, PAGE);
      const ticks = process.hrtime.bigint();
      for (const row of rows) {
        if (row.sequence !== this.#after + 1) {
          this.holes.push(`${row.sequence} follows ${this.#after}`);
        }
        this.#after = row.sequence;
        seen.push(toSeen(row.body, ticks));
      }
      if (rows.length < PAGE) {
        return seen;
      }
    }
  }

  close(): void {
    this.#db.close();
  }
}

function toSeen(json: string, ticks: bigint): Seen {
  const { sequence, type, data } = body.parse(JSON.parse(json));
  const isOfFile = type === 'attachment.ready';
  return {
    sequence,
    type,
    guid: (isOfFile ? data.message_guid : rowOf(type, data)) ?? '',
    what: whatOf(type, data),
    text: data.text ?? null,
    revisions: data.revisions ?? 0,
    isRecentlyDeleted: type === 'message.deleted' || data.is_recently_deleted === true,
    mark: data.replay_of === undefined ? (data.late === true ? 'late' : '') : `replay of ${data.replay_of}`,
    isOfApp: data.kind === 'app',
    readyFiles: (data.attachments ?? []).filter((file) => file.ready).map((file) => file.guid),
    gapReason: type === 'bridge.gap' ? (data.reason ?? '') : '',
    ticks,
  };
}

/** A tapback's event names its own row and that of its target; a group's event only the row that tells it. */
function rowOf(type: string, data: z.infer<typeof body>['data']): string | undefined {
  return type === 'message.deleted' || type.startsWith('participant.') || type === 'chat.updated'
    ? data.message_guid
    : data.guid;
}

function whatOf(type: string, data: z.infer<typeof body>['data']): string {
  switch (type) {
    case 'message.read':
      return data.reader ?? '';
    case 'attachment.ready':
      return data.guid ?? '';
    case 'message.received':
    case 'message.created':
      return data.chat_resolved === 'join' ? 'joined' : 'derived';
    default:
      return '';
  }
}
