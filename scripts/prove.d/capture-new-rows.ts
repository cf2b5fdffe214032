import type { Content, NewFile, Op } from './capture-ops.ts';
import {
  ABSENT,
  EMPTY_CONTENT,
  filesOf,
  Row,
  type Chat,
  type GroupEvent,
  type RowState,
} from './capture-model.ts';
import type { Random } from './random.ts';

export interface Made {
  readonly row: Row;
  readonly op: Op;
}

const WORDS = [
  'table',
  'Friday',
  'train',
  'late',
  'ありがとう',
  'schön',
  '👍',
  'blue',
  'folder',
  'kitchen',
  'see you',
];
/** Long enough that the row spills onto overflow pages. */
const LONG_WORDS = 1_500;

/** Makes the rows and chats that are new, and keeps them in the order of their ROWIDs. */
export class NewRows {
  readonly #random: Random;
  readonly #chats: [Chat, ...Chat[]];
  /** In the order in which they were written, those included that never committed. */
  readonly all: Row[] = [];
  #made = 0;

  constructor(random: Random, chats: readonly [Chat, ...Chat[]]) {
    this.#random = random;
    this.#chats = [...chats];
  }

  /** A chat that has committed: from now on it is written in. */
  add(chat: Chat): void {
    this.#chats.push(chat);
  }

  guid(): string {
    this.#made += 1;
    const hex = () => this.#random.below(0x1_0000).toString(16).padStart(4, '0');
    const tail = this.#made.toString(16).padStart(12, '0');
    return `${hex()}${hex()}-${hex()}-4${hex().slice(1)}-A${hex().slice(1)}-${tail}`.toUpperCase();
  }

  /** No two are the same. */
  text(): string {
    this.#made += 1;
    const count = this.#random.below(150) === 0 ? LONG_WORDS : 1 + this.#random.below(40);
    const [first = ''] = WORDS;
    const words = Array.from({ length: count }, () => WORDS[this.#random.below(WORDS.length)] ?? first);
    return `${this.#made} ${words.join(' ')}`;
  }

  incoming(
    how: {
      readonly isJoined?: boolean;
      readonly hasBody?: boolean;
      readonly isRead?: boolean;
      readonly isAudio?: boolean;
      readonly files?: readonly NewFile[];
      /** How long past the row's date is. */
      readonly ageMs?: number;
      readonly isGroup?: boolean;
    } = {},
  ): Made {
    const { isJoined = true, hasBody = true, isRead = false, isAudio = false, files = [], ageMs = 0 } = how;
    const chat = this.#chatFor(how.isGroup);
    const content: Content = {
      ...EMPTY_CONTENT,
      text: hasBody ? this.text() : null,
      files: files.map((file) => file.guid),
    };
    return this.#message(chat, this.#random.pick(chat.members), content, {
      ageMs,
      files,
      isAudio,
      now: { place: isJoined ? 'chat' : 'nowhere', isRead, files: filesOf(files) },
    });
  }

  outgoing(isSent: boolean, { isJoined = true }: { readonly isJoined?: boolean } = {}): Made {
    const chat = this.#random.pick(this.#chats);
    return this.#message(
      chat,
      null,
      { ...EMPTY_CONTENT, text: this.text() },
      {
        now: { place: isJoined ? 'chat' : 'nowhere', isOwn: true, isSent },
      },
    );
  }

  /** What Messages in iCloud writes when it inserts a message again. */
  copyOf(first: Row): Made {
    const content = first.now.content ?? EMPTY_CONTENT;
    return this.#message(first.chat, first.from, content, {
      date: first.date,
      mark: `replay of ${first.guid}`,
      now: { place: 'chat' },
    });
  }

  tapback(
    target: Row,
    by: string | null,
    how: { readonly isRemoval: boolean; readonly replaces: string | null },
  ): Made {
    const code = (how.isRemoval ? 3000 : 2000) + this.#random.below(6);
    const at = Date.now();
    const row = this.#row({
      chat: target.chat,
      from: by,
      target,
      now: { kind: how.isRemoval ? 'reaction.removed' : 'reaction.added', place: 'chat', isOwn: by === null },
    });
    return {
      row,
      op: {
        op: 'tapback',
        guid: row.guid,
        chat: target.chat.guid,
        from: by,
        target: target.guid,
        code,
        replaces: how.replaces,
        at,
      },
    };
  }

  groupEvent(): Made {
    const chat = this.#chatFor(true);
    const from = this.#random.pick(chat.members);
    const dice = this.#random.below(4);
    const [kind, itemType, action, title]: readonly [GroupEvent, number, number, string | null] =
      dice === 0
        ? ['participant.added', 1, 0, null]
        : dice === 1
          ? ['participant.removed', 1, 1, null]
          : dice === 2
            ? ['chat.updated', 2, 0, `Name ${this.guid()}`]
            : ['chat.updated', 3, 1, null];
    // A number that belongs to no member: nobody is told to have added himself.
    const who = itemType === 1 ? '+15550007777' : null;
    const row = this.#row({ chat, from, now: { kind, place: 'chat' } });
    const { guid } = row;
    return {
      row,
      op: { op: 'group', guid, chat: chat.guid, from, itemType, action, who, title, at: Date.now() },
    };
  }

  chat(): Chat {
    return newChat(this.#random.below(3) === 0, 100_000 + this.#random.below(899_999_999));
  }

  #chatFor(isGroup: boolean | undefined): Chat {
    const fitting = this.#chats.filter((chat) => isGroup === undefined || chat.isGroup === isGroup);
    return fitting[this.#random.below(fitting.length)] ?? this.#chats[0];
  }

  #message(
    chat: Chat,
    from: string | null,
    content: Content,
    how: {
      readonly now: Partial<RowState>;
      readonly ageMs?: number;
      readonly date?: Row['date'];
      readonly mark?: string;
      readonly files?: readonly NewFile[];
      readonly isAudio?: boolean;
    },
  ): Made {
    const { ageMs = 0, files = [], isAudio = false } = how;
    const date = how.date ?? { at: Date.now() - ageMs, nanoseconds: this.#made % 1_000_000 };
    const mark = how.mark ?? (ageMs > 0 ? 'late' : '');
    const row = this.#row({ chat, from, date, isAudio, mark, now: { ...how.now, content } });
    const { isSent, isRead, place } = row.now;
    return {
      row,
      op: {
        op: 'message',
        guid: row.guid,
        chat: chat.guid,
        from,
        content,
        at: date.at,
        nanoseconds: date.nanoseconds,
        isJoined: place === 'chat',
        isSent,
        isRead,
        isAudio,
        files,
      },
    };
  }

  #row(fields: {
    readonly chat: Chat;
    readonly from: string | null;
    readonly now: Partial<RowState>;
    readonly date?: Row['date'];
    readonly mark?: string;
    readonly isAudio?: boolean;
    readonly target?: Row;
  }): Row {
    const row = new Row({
      date: { at: Date.now(), nanoseconds: 0 },
      ...fields,
      guid: this.guid(),
      ordinal: this.all.length + 1,
      now: { ...ABSENT, isThere: true, ...fields.now },
      told: null,
    });
    this.all.push(row);
    return row;
  }
}

export function newChat(isGroup: boolean, number: number): Chat {
  const members: [string, ...string[]] = [`+1444${String(number).padStart(7, '0')}`];
  if (isGroup) {
    members.push(`${members[0]}1`, `${members[0]}2`);
  }
  const identifier = isGroup ? `chat${String(number).padStart(18, '7')}` : members[0];
  return { guid: `any;${isGroup ? '+' : '-'};${identifier}`, identifier, isGroup, members };
}
