import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BluelineError } from '../runtime/index.ts';
import type Database from 'better-sqlite3';
import type { Acts } from './acts.ts';
import type { ChatDbWriter } from './chat-db-writer.ts';
import type { ChatPlace } from './chat-places.ts';
import type { PeopleCommand } from './command.ts';
import { upperUuid } from './era-schema.ts';
import { findRow, findUnread, type FoundRow } from './find-row.ts';
import { mimeTypeOf } from './mime-types.ts';
import type { NewIncoming, NewRow } from './new-rows.ts';
import { replayRows } from './replay-rows.ts';
import type { RowLife } from './row-life.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

type Command<N extends PeopleCommand['command']> = Extract<PeopleCommand, { command: N }>['args'];
type Row = { readonly guid: string; readonly rowId: number };
/** What was done, or that it waits until Messages runs again. */
export type Done =
  | Row
  | { readonly rows: readonly Row[] }
  | { readonly chat: string }
  | { readonly waiting: true };

/** A group's `chat_identifier`; another name gets one that follows from it, so that it stays the same. */
function groupIdentifier(name: string): string {
  if (/^(?:chat\d+|[0-9a-f]{32})$/u.test(name)) {
    return name;
  }
  const digits = BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 16)}`);
  return `chat${String(digits).padStart(18, '0').slice(0, 18)}`;
}

/** Carries out what people do: the contacts on their phones, and the owner on another device. */
export class PeopleActs {
  readonly #messages: SimulatedMessages;
  readonly #acts: Acts;
  readonly #life: RowLife;
  readonly #timing: () => Timing;

  constructor(options: {
    readonly messages: SimulatedMessages;
    readonly acts: Acts;
    readonly life: RowLife;
    readonly timing: () => Timing;
  }) {
    this.#messages = options.messages;
    this.#acts = options.acts;
    this.#life = options.life;
    this.#timing = options.timing;
  }

  run(command: PeopleCommand): Done {
    let done: Done = { waiting: true };
    this.#messages.write((writer, db) => {
      done = this.#act(writer, db, command);
    });
    return done;
  }

  #act(writer: ChatDbWriter, db: Database.Database, command: PeopleCommand): Done {
    switch (command.command) {
      case 'text':
        return this.#text(writer, command.args);
      case 'group-text': {
        const { group, ...message } = command.args;
        return this.#incoming(writer, { ...message, chat: this.#group(writer, group) });
      }
      case 'attachment':
        return this.#attachment(writer, command.args);
      case 'react':
        return this.#react(writer, db, command.args);
      case 'edit': {
        const row = this.#authored(db, command.args);
        writer.edit(row.rowId, command.args.text);
        return row;
      }
      case 'unsend': {
        const row = this.#authored(db, command.args);
        writer.unsend(row.rowId, command.args.parts);
        return row;
      }
      case 'read': {
        const row = this.#row(db, { ...command.args, isFromMe: true });
        writer.markRead(row.rowId);
        return row;
      }
      case 'owner-reads': {
        const rows = findUnread(db, command.args.contact).map((row) => plain(row));
        for (const row of rows) {
          writer.ownerReads(row.rowId);
        }
        return { rows };
      }
      case 'phone':
        return this.#phone(writer, command.args);
      case 'delete': {
        const row = this.#row(db, { ...command.args, isFromMe: false });
        if (command.args.forGood) {
          writer.remove(row.rowId);
        } else {
          writer.moveToRecentlyDeleted(row.rowId);
        }
        return row;
      }
      case 'replay':
        return { rows: replayRows(db, command.args.contact, command.args.count) };
      case 'group':
        return this.#groupChange(writer, command.args);
      default:
        return command satisfies never;
    }
  }

  #text(writer: ChatDbWriter, args: Command<'text'>): Done {
    const { service } = args;
    const chat = writer.ensureChat({
      style: 'direct',
      handle: args.from,
      ...(service === undefined ? {} : { service }),
    });
    return this.#incoming(writer, { ...args, chat });
  }

  #incoming(
    writer: ChatDbWriter,
    args: Pick<
      Command<'text'>,
      'from' | 'text' | 'service' | 'joinAfterMs' | 'bodyAfterMs' | 'date' | 'replyTo'
    > & {
      readonly chat: ChatPlace;
    },
  ): Done {
    const { joinAfterMs, bodyAfterMs } = args;
    const message: NewIncoming = {
      chat: args.chat,
      from: args.from,
      text: args.text,
      join: joinAfterMs === undefined ? 'with' : 'late',
      body: bodyAfterMs === undefined ? 'with' : 'late',
      ...(args.service === undefined ? {} : { service: args.service }),
      ...(args.date === undefined ? {} : { date: args.date }),
      ...(args.replyTo === undefined ? {} : { replyTo: args.replyTo }),
    };
    const row = writer.insertIncoming(message);
    if (typeof joinAfterMs === 'number') {
      this.#acts.later(joinAfterMs, () =>
        this.#messages.onRow(row.guid, (later, rowId) => later.joinLater(rowId)),
      );
    }
    if (bodyAfterMs !== undefined) {
      this.#acts.later(bodyAfterMs, () =>
        this.#messages.onRow(row.guid, (later, rowId) => later.fillBody(rowId, args.text)),
      );
    }
    return row;
  }

  /** The row comes with its attachment on the way; the file is on disk once the transfer is over. */
  #attachment(writer: ChatDbWriter, args: Command<'attachment'>): Done {
    const guid = upperUuid();
    const folder = join(
      dirname(this.#messages.path),
      'Attachments',
      guid.slice(0, 2).toLowerCase(),
      '00',
      guid,
    );
    const chat = writer.ensureChat({ style: 'direct', handle: args.from });
    const row = writer.insertIncoming({
      chat,
      from: args.from,
      text: args.text,
      attachments: [{ guid, name: args.name, mimeType: mimeTypeOf(args.name), size: args.size, state: 0 }],
    });
    this.#acts.later(args.transferMs ?? this.#timing().transferDelayMs, () =>
      this.#messages.write((later) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, args.name), Buffer.alloc(args.size, guid));
        later.setTransferState(guid, 5);
      }),
    );
    return row;
  }

  #react(writer: ChatDbWriter, db: Database.Database, args: Command<'react'>): Done {
    // People react to what the other side wrote.
    const row = this.#row(db, { ...args, isFromMe: args.by === 'contact' });
    return writer.tapback({
      chat: row.chat,
      by: args.by === 'contact' ? args.contact : null,
      target: row.guid,
      type: args.type,
      emoji: args.emoji ?? null,
      remove: args.remove,
    });
  }

  #phone(writer: ChatDbWriter, args: Command<'phone'>): Done {
    const chat = /^chat\d+$/u.test(args.to)
      ? this.#group(writer, args.to)
      : writer.ensureChat({ style: 'direct', handle: args.to });
    const row: NewRow = writer.insertOutgoing({ chat, text: args.text, sent: true });
    const recipients = chat.style === 'direct' ? [chat.identifier] : writer.places.participants(chat.rowId);
    this.#life.arrive(
      {
        guid: row.guid,
        chat,
        text: args.text,
        service: 'iMessage',
        form: null,
        recipients,
        receipts: 'apart',
        mark: () => undefined,
      },
      { isText: false },
    );
    return row;
  }

  #groupChange(writer: ChatDbWriter, args: Command<'group'>): Done {
    if (args.action === 'create') {
      const chat = writer.ensureChat({
        style: 'group',
        id: groupIdentifier(args.group),
        name: args.name,
        participants: args.participants,
      });
      return { chat: chat.guid };
    }
    const chat = this.#group(writer, args.group);
    switch (args.action) {
      case 'rename':
        return writer.groupEvent({ chat, by: args.by ?? null, action: 'renamed', title: args.name });
      case 'add':
        return writer.groupEvent({ chat, by: args.by ?? null, action: 'added', who: args.who });
      case 'remove':
        return writer.groupEvent({ chat, by: args.by ?? null, action: 'removed', who: args.who });
      case 'leave':
        return writer.groupEvent({ chat, by: args.who, action: 'left' });
      default:
        return args satisfies never;
    }
  }

  #group(writer: ChatDbWriter, name: string): ChatPlace {
    const id = groupIdentifier(name);
    const chat = writer.places.find(`any;+;${id}`) ?? writer.places.find(`iMessage;+;${id}`);
    if (chat === null) {
      throw new BluelineError('simulator_unknown_group', 'There is no such group.', {
        advice: 'Make it first: group create <group> <member,member,…> <name>.',
      });
    }
    return chat;
  }

  #authored(db: Database.Database, args: Command<'edit'> | Command<'unsend'>): FoundRow {
    return this.#row(db, { ...args, isFromMe: args.by === 'owner' });
  }

  #row(
    db: Database.Database,
    args: { readonly contact: string; readonly guid?: string | undefined; readonly isFromMe: boolean },
  ): FoundRow {
    const row = findRow(db, { guid: args.guid, contact: args.contact, isFromMe: args.isFromMe });
    if (row === null) {
      throw new BluelineError('simulator_unknown_message', 'There is no such message.', {
        advice: 'Name a contact with whom there is a conversation, or a guid.',
      });
    }
    return row;
  }
}

function plain(row: FoundRow): Row {
  return { guid: row.guid, rowId: row.rowId };
}
