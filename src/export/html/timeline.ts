import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  rowId,
  type Attachment,
  type Handle,
  type Instant,
  type Message,
  type MessageGuid,
  type PollOption,
  type ReactionType,
  type RowId,
} from '../../domain/index.ts';
import type { Criteria } from '../criteria.ts';
import type { ExportSource, Run } from '../export-jsonl.ts';
import { scan } from '../scan.ts';

/** Something put on a message: a tapback, or a sticker laid on it. */
export interface Mark {
  readonly rowId: RowId;
  readonly at: Instant;
  readonly type: ReactionType | 'laid_sticker';
  readonly emoji: string | null;
  readonly part: number | null;
  readonly isFromMe: boolean;
  readonly sender: Handle | null;
  readonly isRemoved: boolean;
  readonly attachments: readonly Attachment[];
}

/** A voter's last word in a poll. */
export interface Ballot {
  readonly rowId: RowId;
  readonly at: Instant;
  readonly isFromMe: boolean;
  readonly voter: Handle | null;
  readonly options: readonly string[];
}

/** What has been added to a poll since it was made. */
export interface PollState {
  readonly options: readonly PollOption[];
  readonly ballots: readonly Ballot[];
}

/** One chat in the order of its dates, and what was put on its messages. Holds numbers, not messages. */
export interface Timeline {
  readonly size: number;
  /** From place `at` on. */
  rows(at: number, limit: number): readonly RowId[];
  marksOn(guid: MessageGuid): readonly Mark[];
  pollState(guid: MessageGuid): PollState;
}

/** Stands between the pieces of a key: no address holds it. */
const SEPARATOR = '\0';

/** Reads the chat once. What was put on a message that is not on the page stands in the timeline itself. */
export async function readTimeline(run: Run, criteria: Criteria): Promise<Timeline> {
  const rows = new Rows();
  const attached = new Attached();
  for (const { messages, position } of scan(run.db, criteria)) {
    for (const message of messages) {
      if (message.replayOf === null && !attached.take(message)) {
        rows.add(message.rowId, message.sentAt);
      }
    }
    run.onProgress(0, position / 2);
    await nextTurn();
    if (run.signal.aborted || run.sink.isClosed) {
      break;
    }
  }
  for (const { rowId, at } of attached.withoutTarget((guid) => isOnPage(run.db, criteria, guid))) {
    rows.add(rowId, at);
  }
  const order = rows.sorted();
  return {
    size: order.length,
    rows: (at, limit) => Array.from(order.subarray(at, at + limit), rowId),
    marksOn: (guid) => attached.marksOn(guid),
    pollState: (guid) => attached.pollState(guid),
  };
}

function isOnPage(db: Pick<ExportSource, 'messageByGuid'>, criteria: Criteria, guid: MessageGuid): boolean {
  const message = db.messageByGuid(guid);
  return message !== null && message.replayOf === null && criteria.includes(message);
}

class Rows {
  readonly #ids: number[] = [];
  readonly #dates: number[] = [];

  add(id: RowId, at: Instant): void {
    this.#ids.push(id);
    this.#dates.push(at);
  }

  sorted(): Float64Array {
    const dates = this.#dates;
    const ids = this.#ids;
    const places = Uint32Array.from(ids, (_, index) => index).sort(
      (a, b) => (dates[a] ?? 0) - (dates[b] ?? 0) || (ids[a] ?? 0) - (ids[b] ?? 0),
    );
    return Float64Array.from(places, (place) => ids[place] ?? 0);
  }
}

class Attached {
  /** Target → writer and part → the newest row of it. */
  readonly #marks = new Map<MessageGuid, Map<string, Mark>>();
  readonly #ballots = new Map<MessageGuid, Map<string, Ballot>>();
  readonly #options = new Map<
    MessageGuid,
    { readonly rowId: RowId; readonly at: Instant; readonly options: readonly PollOption[] }[]
  >();

  /** Whether the message is something on another message, and no row of its own. */
  take(message: Message): boolean {
    const { kind } = message;
    if (kind.kind === 'reaction') {
      this.#mark(kind.target, message, kind.reaction, kind.emoji, kind.part, kind.action === 'remove');
      return true;
    }
    if (kind.kind === 'sticker') {
      this.#mark(kind.target, message, 'laid_sticker', null, kind.part, false);
      return true;
    }
    return kind.kind === 'poll' && this.#poll(message, kind.poll);
  }

  marksOn(guid: MessageGuid): readonly Mark[] {
    const marks = [...(this.#marks.get(guid)?.values() ?? [])];
    const removals = marks.filter((mark) => mark.isRemoved && mark.type === 'sticker');
    return marks.filter((mark) => !mark.isRemoved && !removals.some((removal) => takesBack(removal, mark)));
  }

  pollState(guid: MessageGuid): PollState {
    return {
      options: (this.#options.get(guid) ?? []).flatMap(({ options }) => options),
      ballots: [...(this.#ballots.get(guid)?.values() ?? [])],
    };
  }

  /** Takes out what belongs to messages that are not there, and names its rows. */
  *withoutTarget(isThere: (guid: MessageGuid) => boolean): Generator<{ rowId: RowId; at: Instant }> {
    const targets = new Set([...this.#marks.keys(), ...this.#ballots.keys(), ...this.#options.keys()]);
    for (const guid of targets) {
      if (!isThere(guid)) {
        yield* this.marksOn(guid);
        yield* this.#ballots.get(guid)?.values() ?? [];
        yield* this.#options.get(guid) ?? [];
        this.#marks.delete(guid);
        this.#ballots.delete(guid);
        this.#options.delete(guid);
      }
    }
  }

  #mark(
    target: MessageGuid,
    message: Message,
    type: Mark['type'],
    emoji: string | null,
    part: number | null,
    isRemoved: boolean,
  ): void {
    const { sentAt: at, isFromMe, sender, attachments } = message;
    const mark = { rowId: message.rowId, at, type, emoji, part, isFromMe, sender, isRemoved, attachments };
    const isSticker = type === 'sticker' || type === 'laid_sticker';
    // Several stickers of one person stay side by side; of the others the last one counts.
    const key = [
      part ?? '',
      isFromMe ? '' : (sender ?? '?'),
      isSticker && !isRemoved ? message.rowId : '',
    ].join(SEPARATOR);
    keepNewer(this.#marks, target, key, mark);
  }

  #poll(message: Message, poll: Extract<Message['kind'], { kind: 'poll' }>['poll']): boolean {
    const { rowId, sentAt: at, isFromMe, sender } = message;
    if (poll.action === 'voted') {
      const voter = isFromMe ? null : (poll.votes[0]?.voter ?? sender);
      const options = poll.votes.map((vote) => vote.option);
      keepNewer(this.#ballots, poll.poll, isFromMe ? '' : (voter ?? '?'), {
        rowId,
        at,
        isFromMe,
        voter,
        options,
      });
      return true;
    }
    if (poll.action === 'options_added' && poll.poll !== null) {
      const added = this.#options.get(poll.poll) ?? [];
      this.#options.set(poll.poll, added);
      added.push({ rowId, at, options: poll.options });
      return true;
    }
    return false;
  }
}

/** Stickers have no row to replace: their removal takes back those before it. */
function takesBack(removal: Mark, mark: Mark): boolean {
  return (
    mark.type === 'sticker' &&
    mark.part === removal.part &&
    mark.isFromMe === removal.isFromMe &&
    mark.sender === removal.sender &&
    mark.at <= removal.at
  );
}

/** Rows of one key replace each other by date, not by the order in which they were written. */
function keepNewer<T extends { readonly at: Instant; readonly rowId: RowId }>(
  all: Map<MessageGuid, Map<string, T>>,
  target: MessageGuid,
  key: string,
  item: T,
): void {
  const items = all.get(target) ?? new Map<string, T>();
  all.set(target, items);
  const known = items.get(key);
  if (known === undefined || item.at > known.at || (item.at === known.at && item.rowId > known.rowId)) {
    items.set(key, item);
  }
}
