import type { Acts } from './acts.ts';
import type { ChatPlace } from './chat-places.ts';
import type { People } from './people.ts';
import type { SendPlan } from './send-plan.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

/** What a contact's phone has shown: the proof of how often a text really arrived. */
export interface Received {
  readonly to: string;
  readonly chat: string;
  readonly text: string;
  readonly count: number;
}

export interface OwnRow {
  readonly guid: string;
  readonly chat: ChatPlace;
  readonly text: string;
  readonly service: string;
  readonly recipients: readonly string[];
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

  /** Begins with a row that has just been written and is not sent yet. */
  begin(row: OwnRow, fate: SendPlan['fate']): void {
    const error = this.#error(row, fate);
    this.#acts.later(this.#timing().sentDelayMs, () => {
      if (error !== null) {
        this.#messages.onRow(row.guid, (writer, rowId) => writer.fail(rowId, error));
      } else if (fate !== 'never-sent') {
        this.#messages.onRow(row.guid, (writer, rowId) => {
          if (fate === 'downgraded') {
            writer.downgrade(rowId);
          }
          writer.markSent(rowId);
        });
        this.arrive(row, { isText: fate === 'downgraded' || row.service === 'SMS' });
      }
    });
  }

  /** The text has left: each recipient gets it, and does what they are used to do. */
  arrive(row: OwnRow, options: { readonly isText: boolean }): void {
    for (const recipient of row.recipients) {
      this.#people.whenOnline(recipient, () => this.#show(row, recipient, options.isText));
    }
  }

  /** A text message (SMS) tells nothing of its delivery, and nobody can put a tapback on it. */
  #show(row: OwnRow, recipient: string, isText: boolean): void {
    this.#count(row, recipient);
    const timing = this.#timing();
    const person = this.#people.get(recipient);
    const delivered = Math.max(0, timing.deliveredDelayMs - timing.sentDelayMs);
    const read =
      person.readsAfterMs === undefined ? timing.readDelayMs - timing.deliveredDelayMs : person.readsAfterMs;
    const isDirect = row.chat.style === 'direct';
    if (isDirect && !isText) {
      this.#acts.later(delivered, () =>
        this.#messages.onRow(row.guid, (writer, rowId) => writer.markDelivered(rowId)),
      );
      if (read !== null) {
        this.#acts.later(delivered + Math.max(0, read), () =>
          this.#messages.onRow(row.guid, (writer, rowId) => writer.markRead(rowId)),
        );
      }
    }
    if (person.reactsAfterMs !== null && !isText) {
      this.#acts.later(delivered + person.reactsAfterMs, () =>
        this.#messages.write((writer) => {
          writer.tapback({ chat: row.chat, by: recipient, target: row.guid, type: person.reaction });
        }),
      );
    }
    if (person.answersAfterMs !== null) {
      this.#acts.later(delivered + person.answersAfterMs, () =>
        this.#messages.write((writer) => {
          writer.insertIncoming({
            chat: row.chat,
            from: recipient,
            text: person.answer,
            service: isText ? 'SMS' : 'iMessage',
          });
        }),
      );
    }
  }

  #count(row: OwnRow, recipient: string): void {
    const key = JSON.stringify([recipient, row.chat.identifier, row.text]);
    const before = this.#received.get(key)?.count ?? 0;
    this.#received.set(key, {
      to: recipient,
      chat: row.chat.identifier,
      text: row.text,
      count: before + 1,
    });
  }

  #error(row: OwnRow, fate: SendPlan['fate']): number | null {
    if (typeof fate === 'object') {
      return fate.error;
    }
    const [first] = row.recipients;
    // Measured on macOS 26: a text to one's own address by `participant` ends with error 22.
    const isUnreachable = first !== undefined && (!this.#people.get(first).reachable || first === this.#line);
    return row.chat.style === 'direct' && row.service === 'iMessage' && isUnreachable ? 22 : null;
  }
}
