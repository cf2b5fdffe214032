import type { Acts } from './acts.ts';
import type { ChatDbWriter } from './chat-db-writer.ts';
import type { ChatPlace } from './chat-places.ts';
import type { People } from './people.ts';
import type { Mark } from './send-log.ts';
import type { SendPlan } from './send-plan.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

/** What a contact's phone has shown: the proof of how often a text really arrived. */
export interface Received {
  readonly to: string;
  readonly chat: string;
  readonly text: string;
  /** By which way it came: a downgraded message arrives as SMS. */
  readonly channel: 'iMessage' | 'SMS';
  readonly count: number;
}

export interface OwnRow {
  readonly guid: string;
  readonly chat: ChatPlace;
  readonly text: string;
  readonly service: string;
  /** How the script named its target; `null`: the owner sent it from another device. */
  readonly form: 'chat' | 'participant' | null;
  readonly recipients: readonly string[];
  readonly receipts: SendPlan['receipts'];
  readonly mark: Mark;
}

/** What becomes of a row of ours: sent, delivered, read, reacted to and answered, or failed. */
export class RowLife {
  readonly #messages: SimulatedMessages;
  readonly #acts: Acts;
  readonly #people: People;
  readonly #timing: () => Timing;
  readonly #line: string;
  readonly #received = new Map<string, Received>();

  constructor(options: {
    readonly messages: SimulatedMessages;
    readonly acts: Acts;
    readonly people: People;
    readonly timing: () => Timing;
    readonly line: string;
  }) {
    this.#messages = options.messages;
    this.#acts = options.acts;
    this.#people = options.people;
    this.#timing = options.timing;
    this.#line = options.line;
  }

  /** Everything that contacts were shown, oldest first, equal texts to the same place counted together. */
  received(): Received[] {
    return [...this.#received.values()];
  }

  /** What one contact was shown, or everybody. */
  inbox(of: string | null): Received[] {
    return this.received().filter((one) => of === null || one.to === of);
  }

  /** Begins with a row that has just been written and is not sent yet. */
  begin(row: OwnRow, fate: SendPlan['fate']): void {
    const error = this.#error(row, fate);
    const thenSentMs = typeof fate === 'object' ? fate.thenSentMs : undefined;
    this.#acts.later(this.#timing().sentDelayMs, () => {
      if (error !== null) {
        this.#messages.onRow(row.guid, (writer, rowId) => writer.fail(rowId, error));
      } else if (fate !== 'never-sent' && fate !== 'transfer-failed') {
        this.#leave(row, fate === 'downgraded');
      }
    });
    if (thenSentMs !== undefined) {
      this.#acts.later(this.#timing().sentDelayMs + thenSentMs, () => this.#leave(row, false));
    }
  }

  #leave(row: OwnRow, isDowngraded: boolean): void {
    this.#messages.onRow(row.guid, (writer, rowId) => {
      if (isDowngraded) {
        writer.downgrade(rowId);
      }
      writer.markSent(rowId);
      row.mark('sent');
    });
    this.arrive(row, { isText: isDowngraded || row.service === 'SMS' });
  }

  /** The text has left: each recipient gets it, and does what they are used to do. */
  arrive(row: OwnRow, options: { readonly isText: boolean }): void {
    for (const recipient of row.recipients) {
      this.#people.whenOnline(recipient, () => this.#show(row, recipient, options.isText));
    }
  }

  /** A text message (SMS) tells nothing of its delivery, and nobody can put a tapback on it. */
  #show(row: OwnRow, recipient: string, isText: boolean): void {
    this.#count(row, recipient, isText ? 'SMS' : 'iMessage');
    row.mark('received');
    const timing = this.#timing();
    const person = this.#people.get(recipient);
    const delivered = Math.max(0, timing.deliveredDelayMs - timing.sentDelayMs);
    if (row.chat.style === 'direct' && !isText) {
      this.#receipts(row, delivered, person.readsAfterMs);
    }
    const inChat = (ms: number, work: (writer: ChatDbWriter, chat: ChatPlace) => void) =>
      this.#acts.later(delivered + ms, () =>
        this.#messages.write((writer) => work(writer, writer.presentChat(row.chat, row.recipients))),
      );
    if (person.reactsAfterMs !== null && !isText) {
      inChat(person.reactsAfterMs, (writer, chat) =>
        writer.tapback({ chat, by: recipient, target: row.guid, type: person.reaction }),
      );
    }
    if (person.answersAfterMs !== null) {
      const service = isText ? 'SMS' : 'iMessage';
      inChat(person.answersAfterMs, (writer, chat) =>
        writer.insertIncoming({ chat, from: recipient, text: person.answer, service }),
      );
    }
    if (recipient === this.#line) {
      // To oneself: the same text comes back as a row of the other direction.
      inChat(0, (writer, chat) => writer.insertIncoming({ chat, from: recipient, text: row.text }));
    }
  }

  #receipts(row: OwnRow, deliveredMs: number, readsAfterMs: number | null | undefined): void {
    const timing = this.#timing();
    const read = readsAfterMs === undefined ? timing.readDelayMs - timing.deliveredDelayMs : readsAfterMs;
    const readMs = read === null ? null : deliveredMs + Math.max(0, read);
    const onRow = (ms: number, work: (writer: ChatDbWriter, rowId: number) => void) =>
      this.#acts.later(ms, () => this.#messages.onRow(row.guid, work));
    const deliver = (writer: ChatDbWriter, rowId: number) => {
      writer.markDelivered(rowId);
      row.mark('delivered');
    };
    const readIt = (writer: ChatDbWriter, rowId: number) => {
      writer.markRead(rowId);
      row.mark('read');
    };
    if (row.receipts === 'together' && readMs !== null) {
      onRow(readMs, (writer, rowId) =>
        writer.together(() => {
          deliver(writer, rowId);
          readIt(writer, rowId);
        }),
      );
      return;
    }
    onRow(deliveredMs, deliver);
    if (readMs !== null) {
      onRow(readMs, readIt);
    }
  }

  #count(row: OwnRow, recipient: string, channel: Received['channel']): void {
    const key = JSON.stringify([recipient, row.chat.identifier, row.text, channel]);
    const before = this.#received.get(key)?.count ?? 0;
    this.#received.set(key, {
      to: recipient,
      chat: row.chat.identifier,
      text: row.text,
      channel,
      count: before + 1,
    });
  }

  #error(row: OwnRow, fate: SendPlan['fate']): number | null {
    if (typeof fate === 'object') {
      return fate.error;
    }
    const [first] = row.recipients;
    // Measured on macOS 26: a text to one's own address by `participant` ends with error 22.
    const isToSelf = first === this.#line && row.form === 'participant';
    const isUnreachable = first !== undefined && (!this.#people.get(first).reachable || isToSelf);
    return row.chat.style === 'direct' && row.service === 'iMessage' && isUnreachable ? 22 : null;
  }
}
