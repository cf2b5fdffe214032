import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAttachment } from '../../test/support/message.ts';
import {
  chatRef,
  messageGuid,
  type CommandId,
  type Delivery,
  type Instant,
  type Message,
} from '../domain/index.ts';
import type { SendOutcome } from '../messages-app/index.ts';
import { ACCEPTED, OutboxBench, rejected, TIMING, uncertain } from './test-outbox.ts';

/**
 * What a script can come to, and whether Messages took the text. Only a rejection is certain to have sent nothing; an
 * acceptance and an uncertain end may each have sent it or not.
 */
const ENDS: readonly { readonly outcome: SendOutcome; readonly isTaken: boolean }[] = [
  { outcome: ACCEPTED, isTaken: true },
  { outcome: ACCEPTED, isTaken: false },
  { outcome: uncertain('timed_out'), isTaken: true },
  { outcome: uncertain('timed_out'), isTaken: false },
  { outcome: uncertain('script_error'), isTaken: true },
  { outcome: rejected('target_not_found', -1728), isTaken: false },
  { outcome: rejected('not_running', -600), isTaken: false },
];

/** A text or file that Messages took: its row is written when the act `row` says so, and moves with `progress`. */
interface Taken {
  readonly command: CommandId;
  readonly content: string;
  readonly service: string;
  /** When Messages took it: the date of its row, however late that is written. */
  readonly at: Instant;
  message: Message | null;
  /** Its row has shown an error, though it may have got over it. */
  hasFailed: boolean;
}

class Model {
  bench = new OutboxBench();
  readonly taken: Taken[] = [];
  readonly accepted: CommandId[] = [];
  #ends: readonly number[];
  #rows = 0;

  constructor(ends: readonly number[]) {
    this.#ends = ends;
    this.bench.onScript = () => this.#onScript();
    this.bench.outbox.start();
  }

  #onScript(): void {
    const [next = 0, ...rest] = this.#ends;
    this.#ends = rest;
    const end = ENDS[next % ENDS.length] ?? { outcome: ACCEPTED, isTaken: true };
    this.bench.outcomes = [end.outcome];
    const last = this.bench.sent.at(-1);
    const command = this.#all().find((one) =>
      one.parts.some(({ attempts }) => attempts.at(-1)?.state.name === 'sending'),
    )?.id;
    if (end.isTaken && last !== undefined && command !== undefined) {
      const service = last.target.form === 'participant' ? 'SMS' : 'iMessage';
      this.taken.push({
        command,
        content: last.content,
        service,
        at: this.bench.clock.now(),
        message: null,
        hasFailed: false,
      });
    }
  }

  /** Also those whose acceptance has not been answered yet. */
  #all() {
    return this.bench.outbox.list({ state: null, before: null, limit: 500 });
  }

  async accept(kind: number): Promise<void> {
    // Few texts, so that equal ones meet in one chat.
    const text = `text ${kind % 2}`;
    const files = kind % 3 === 0 ? ['cat'] : [];
    const fallback = kind % 2 === 0 ? 'sms' : null;
    this.accepted.push(
      await this.bench.accept(text, { files, fallback, requestHash: `${this.accepted.length}` }),
    );
  }

  /** The row of one that was taken appears. */
  row(index: number): void {
    const waiting = this.taken.filter(({ message }) => message === null);
    const one = waiting[index % Math.max(1, waiting.length)];
    if (one === undefined) {
      return;
    }
    this.#rows += 1;
    const file = one.content.startsWith('/') ? `${one.content.split('/').at(-1)}.png` : null;
    one.message = this.bench.see(file === null ? one.content : null, {
      guid: messageGuid(`R${this.#rows}`),
      service: one.service,
      sentAt: one.at,
      ...(file === null ? {} : { attachments: [anAttachment({ filename: file, transferState: 3 })] }),
    });
  }

  /** A row that exists moves on: sent, delivered, or failed. */
  progress(index: number, fields: Partial<Delivery>): void {
    const rows = this.taken.filter(({ message }) => message !== null);
    const one = rows[index % Math.max(1, rows.length)];
    const { message } = one ?? { message: null };
    if (one === undefined || message === null) {
      return;
    }
    one.message = { ...message, delivery: { ...message.delivery, ...fields } };
    one.hasFailed ||= one.message.delivery.error !== 0;
    this.bench.rows.set(message.guid, one.message);
    this.bench.journal.write((append) => {
      for (const event of this.bench.outbox.observe(one.message ?? message).events) {
        append(event);
      }
    });
  }

  /** A person writes one of the same texts on the phone, here or elsewhere. */
  phone(index: number): void {
    this.#rows += 1;
    this.bench.see(`text ${index % 2}`, {
      guid: messageGuid(`P${this.#rows}`),
      chat: chatRef('direct', '+15550002222'),
    });
  }

  async restart(): Promise<void> {
    await this.bench.outbox.stop();
    this.bench.create().start();
  }

  decide(index: number): void {
    const id = this.accepted[index % Math.max(1, this.accepted.length)];
    if (id !== undefined) {
      this.bench.outbox.cancel(id);
    }
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) {
      await new Promise(setImmediate);
    }
  }

  /** What has been done that must never be, in words; `null` if all is well. */
  problem(): string | null {
    for (const id of this.accepted) {
      const mine = this.taken.filter(({ command }) => command === id);
      const { state, parts, fallback } = this.bench.get(id);
      for (const content of new Set(mine.map((one) => one.content))) {
        const services = mine.filter((one) => one.content === content).map(({ service }) => service);
        // A second one only ever is the text message after an iMessage whose row showed error 22.
        const isFallback =
          services.join() === 'iMessage,SMS' && fallback !== null && hasFailed(mine, content);
        if (services.length > 1 && !isFallback) {
          return `${id} was sent ${services.length} times: ${services.join()}`;
        }
      }
      const isCertain = parts.some(({ attempts }) => {
        const last = attempts.at(-1);
        return last?.state.name === 'failed' && last.proof === null;
      });
      if (state.name === 'failed' && !isCertain && !mine.some((one) => one.hasFailed)) {
        return `${id} is called failed, but its row exists without an error`;
      }
    }
    return null;
  }
}

function hasFailed(taken: readonly Taken[], content: string): boolean {
  return taken.some((one) => one.content === content && one.service === 'iMessage' && one.hasFailed);
}

type Act = (model: Model) => unknown;

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.nat(5).map(
      (kind): Act =>
        (model) =>
          model.accept(kind),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.nat(9).map(
      (index): Act =>
        (model) =>
          model.row(index),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.nat(9),
        fc.constantFrom<Partial<Delivery>>(
          { isSent: true },
          { isDelivered: true, isSent: true },
          { error: 22 },
          { error: 0 },
        ),
      )
      .map(
        ([index, fields]): Act =>
          (model) =>
            model.progress(index, fields),
      ),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(500, TIMING.proofWindowMs, TIMING.fallbackMs, TIMING.followUpMs, TIMING.fileFollowUpMs)
      .map(
        (ms): Act =>
          (model) =>
            model.bench.clock.advance(ms),
      ),
  },
  { weight: 2, arbitrary: fc.constant<Act>((model) => model.restart()) },
  {
    weight: 1,
    arbitrary: fc.nat(9).map(
      (index): Act =>
        (model) =>
          model.phone(index),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(9).map(
      (index): Act =>
        (model) =>
          model.decide(index),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Act>((model) => model.bench.outbox.resume()) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((canProve): Act => (model) => {
      model.bench.canProve = canProve;
    }),
  },
);

describe('whatever happens', () => {
  it('no command is sent twice, and none is called failed whose row exists', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(ENDS.length - 1), { minLength: 1, maxLength: 12 }),
        fc.array(act, { minLength: 5, maxLength: 40 }),
        async (ends, acts) => {
          const model = new Model(ends);
          try {
            for (const step of acts) {
              await step(model);
              await model.settle();
              expect(model.problem()).toBeNull();
            }
          } finally {
            await model.bench.close();
          }
        },
      ),
      { numRuns: 80 },
    );
  }, 120_000);

  it('would notice a second send', async () => {
    const model = new Model([0]);
    try {
      await model.accept(1);
      await model.settle();
      const [first] = model.taken;
      expect(first).toBeDefined();
      if (first !== undefined) {
        model.taken.push({ ...first });
      }
      expect(model.problem()).toMatch(/was sent 2 times/u);
    } finally {
      await model.bench.close();
    }
  });
});
