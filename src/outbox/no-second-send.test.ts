import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillDisk } from '../../test/support/full-disk.ts';
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
  /** The disk is full from the next script on. */
  #fills = false;
  #disk: ReturnType<typeof fillDisk> | null = null;

  constructor(ends: readonly number[]) {
    this.#ends = ends;
    this.bench.onScript = () => this.#onScript();
    this.bench.outbox.start();
  }

  #onScript(): void {
    const [next = 0, ...rest] = this.#ends;
    this.#ends = rest;
    const end = ENDS[next % ENDS.length] ?? { outcome: ACCEPTED, isTaken: true };
    if (this.#fills) {
      this.#disk ??= fillDisk(this.bench.store);
    }
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
    const one = waiting[Math.max(0, index) % Math.max(1, waiting.length)];
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

  waiting(): number {
    return this.taken.filter(({ message }) => message === null).length;
  }

  rows(): number {
    return this.taken.length - this.waiting();
  }

  /** A row that exists moves on: sent, delivered, or failed. */
  progress(index: number, fields: Partial<Delivery>): void {
    const rows = this.taken.filter(({ message }) => message !== null);
    const one = rows[Math.max(0, index) % Math.max(1, rows.length)];
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

  /** One is accepted, and from the script that follows until so much later the store takes nothing. */
  async full(kind: number, ms: number): Promise<void> {
    this.#fills = true;
    await this.accept(kind);
    await this.settle();
    this.bench.clock.advance(ms);
    await this.settle();
    this.#fills = false;
    this.#disk?.free();
    this.#disk = null;
  }

  async restart(): Promise<void> {
    await this.bench.outbox.stop();
    this.bench.create().start();
  }

  cancel(index: number): void {
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

/** What can happen; data, so that a counterexample can be read. */
type Act =
  | { readonly act: 'accept'; readonly kind: number }
  | { readonly act: 'row' | 'phone' | 'cancel'; readonly index: number }
  | { readonly act: 'progress'; readonly index: number; readonly fields: Partial<Delivery> }
  /** The row of the latest, with its fate at once, as it mostly goes. */
  | { readonly act: 'fate'; readonly fields: Partial<Delivery> }
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'full'; readonly kind: number; readonly ms: number }
  | { readonly act: 'restart' | 'resume' | 'blind' | 'see' };

function perform(model: Model, step: Act): unknown {
  switch (step.act) {
    case 'accept':
      return model.accept(step.kind);
    case 'row':
      return model.row(step.index);
    case 'phone':
      return model.phone(step.index);
    case 'cancel':
      return model.cancel(step.index);
    case 'progress':
      return model.progress(step.index, step.fields);
    case 'fate':
      model.row(model.waiting() - 1);
      return model.progress(model.rows() - 1, step.fields);
    case 'wait':
      return model.bench.clock.advance(step.ms);
    case 'full':
      return model.full(step.kind, step.ms);
    case 'restart':
      return model.restart();
    case 'resume':
      return model.bench.outbox.resume();
    case 'blind':
    case 'see':
      model.bench.canProve = step.act === 'see';
      return undefined;
    default:
      return step satisfies never;
  }
}

const FATES: readonly Partial<Delivery>[] = [
  { isSent: true },
  { isSent: true, isDelivered: true },
  { error: 22 },
  { error: 25 },
  { error: 0 },
];
const WAITS = [500, TIMING.proofWindowMs, TIMING.fallbackMs, TIMING.followUpMs, TIMING.fileFollowUpMs];

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('accept'), kind: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('row'), index: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('progress'),
      index: fc.nat(9),
      fields: fc.constantFrom(...FATES),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('fate'),
      fields: fc.constantFrom<Partial<Delivery>>({ error: 22 }, { error: 22 }, ...FATES.slice(0, 4)),
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('wait'), ms: fc.constantFrom(...WAITS) }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('full'), kind: fc.nat(5), ms: fc.constantFrom(...WAITS) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('phone', 'cancel'), index: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('restart', 'resume', 'blind', 'see', 'see') }),
  },
);

describe('whatever happens', () => {
  it('no command is sent twice, and none is called failed whose row exists', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4, 5, 6), { minLength: 4, maxLength: 16 }),
        fc.array(act, { minLength: 25, maxLength: 60 }),
        async (ends, acts) => {
          const model = new Model(ends);
          try {
            for (const step of acts) {
              await perform(model, step);
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
