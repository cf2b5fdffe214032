import { blocksOf, type Block, type Conduct } from './limits-blocks.ts';
import type { Answers } from './limits-answers.ts';
import type { Row } from './limits-evidence.ts';
import { Heap } from './limits-heap.ts';
import type { Asked, Outage } from './limits-play.ts';
import type { Random } from './random.ts';
import type { LimitTable } from './limits-table.ts';
import { MINUTE, World, type Happened } from './limits-world.ts';

interface Waiting {
  readonly asked: Asked;
  readonly order: number;
  retryAt: number;
}

/**
 * Which of the requests would have left, and when, if each had gone at the first moment that the limits allow, in the order
 * in which they came. What others wrote by themselves is as it was; what they answered, they answer here to what is sent
 * here, when it is sent here.
 */
export function greedySchedule(input: {
  readonly rows: readonly Row[];
  readonly asked: readonly Asked[];
  readonly outages: readonly Outage[];
  readonly answered: readonly { readonly contact: string; readonly at: number }[];
  readonly answers: Answers;
  readonly endAt: number;
  readonly table: LimitTable;
  readonly random: Random;
}): ReadonlyMap<Asked, number> {
  const { table, outages, random } = input;
  const world = new World();
  const answered = new Set(input.answered.map(({ contact, at }) => `${contact} ${at}`));
  const others = input.rows.filter(
    ({ calledAt, isOut, contact, at }) => calledAt === null && (isOut || !answered.has(`${contact} ${at}`)),
  );
  const answers = new Heap<Happened>((a, b) => a.at < b.at);
  const wishes = input.asked.toSorted((a, b) => a.at - b.at);
  /** The one that may be tried first; of one moment, the one that was asked for first. */
  const waiting = new Heap<Waiting>(
    (a, b) => a.retryAt < b.retryAt || (a.retryAt === b.retryAt && a.order < b.order),
  );
  const conduct = new GreedyConduct(table, random);
  const sent = new Map<Asked, number>();
  let nextRow = 0;
  let nextWish = 0;

  const consider = (one: Waiting, at: number): 'sent' | 'kept' | 'dropped' => {
    const { asked } = one;
    if (at >= asked.expiresAt) {
      return 'dropped';
    }
    const outage = outages.find(({ from, to }) => at >= from && at < to);
    const candidate = { contact: asked.to, text: asked.text, hasFile: asked.file !== undefined };
    const needsOptIn =
      table.needsOptIn && !asked.hasOptIn && world.sortOf(asked.to, at) === 'new_conversation';
    const blocks = blocksOf(world, candidate, at, table, conduct.at(world, at));
    const isRefused =
      needsOptIn ||
      blocks.some(({ kind }) => kind === 'stop' || (kind === 'cap' && asked.onLimit === 'reject'));
    if (isRefused) {
      return 'dropped';
    }
    const free = Math.max(outage?.to ?? at, ...blocks.map(untilOf));
    if (free > at || blocks.length > 0) {
      one.retryAt = Math.max(free, at + 1);
      return 'kept';
    }
    world.add({ at, isOut: true, contact: asked.to, text: asked.text, isBlue: true });
    conduct.sent();
    sent.set(asked, at);
    const answer = input.answers(asked.to, asked.text);
    if (answer !== null) {
      const { afterMs, text } = answer;
      answers.add({ at: at + afterMs, isOut: false, contact: asked.to, text, isBlue: true });
    }
    return 'sent';
  };

  for (;;) {
    const row = others[nextRow];
    const wish = wishes[nextWish];
    const first = waiting.first();
    const answer = answers.first();
    const at = Math.min(
      row?.at ?? Infinity,
      answer?.at ?? Infinity,
      wish?.at ?? Infinity,
      first?.retryAt ?? Infinity,
    );
    if (at > input.endAt) {
      return sent;
    }
    if (row !== undefined && row.at <= at) {
      world.add(row);
      nextRow += 1;
    } else if (answer !== undefined && answer.at <= at) {
      answers.take();
      world.add(answer);
    } else if (wish !== undefined && wish.at <= at) {
      nextWish += 1;
      const one = { asked: wish, order: nextWish, retryAt: at };
      if (consider(one, at) === 'kept') {
        waiting.add(one);
      }
    } else if (first !== undefined) {
      waiting.take();
      if (consider(first, at) === 'kept') {
        waiting.add(first);
      }
    }
  }
}

function untilOf({ until }: Block): number {
  return until;
}

/** Few answers: each outreach waits 1 to 30 minutes after the last. */
class GreedyConduct {
  readonly #table: LimitTable;
  readonly #random: Random;
  #known: { readonly at: number; readonly isCold: boolean; readonly isAtRisk: boolean } | null = null;
  #gapMs = MINUTE;

  constructor(table: LimitTable, random: Random) {
    this.#table = table;
    this.#random = random;
  }

  at(world: World, at: number): Conduct {
    const { responsePercent: limit, isDiversityJudged } = this.#table;
    if (this.#known === null || at - this.#known.at >= MINUTE) {
      const percent = limit === null ? null : world.responsePercent(at);
      const isCold = limit !== null && percent !== null && percent < limit;
      const isAtRisk = (isCold && isDiversityJudged && world.isNarrow(at)) || world.isFallingSilent(at);
      this.#known = { at, isCold, isAtRisk };
    }
    return { isAtRisk: this.#known.isAtRisk, coldGapMs: this.#known.isCold ? this.#gapMs : null };
  }

  sent(): void {
    this.#gapMs = MINUTE + this.#random.below(29 * MINUTE);
  }
}
