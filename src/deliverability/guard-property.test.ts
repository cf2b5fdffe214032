import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitOverrides } from '../config/index.ts';
import { chatKey, instant } from '../domain/index.ts';
import { aSend, contact, DAY, guardBench, HOUR, MINUTE, NOON, type GuardBench } from './test-guard.ts';

/** Small numbers, so that a short play meets every one of them. */
const LIMITS = {
  throughput: { enabled: true },
  pair_rate_limit: { enabled: true, limit: 4 },
  server_daily_limit: { enabled: true, limit: 12 },
  recipient_opted_out: { enabled: true },
  burst_limit: { enabled: true, pace_from: 2, refuse_from: 3 },
  new_conversation_limit: { enabled: true, per_day: 3, per_hour: 2 },
  reach_out_limit: { enabled: true, limit: 4 },
  unanswered_limit: { enabled: true, limit: 3 },
  recipient_cooling_down: { enabled: true, limit: 2, gap_hours: 6 },
  ratio_limit: { enabled: true, min_sends: 5, refuse_above: 2, pace_above: null, warn_above: null },
  duplicate_content: { enabled: true, limit: 2, warn_at: null },
  quiet_hours: { enabled: true },
} as const satisfies LimitOverrides;

/** A failure is made smaller for so long: a play takes its time. */
const PATIENCE = { interruptAfterTimeLimit: 20_000 } as const;

const CONTACTS = 8;
const TEXTS = ['good morning', 'your order is ready', 'are you still there'] as const;

const NEW_YORK = new Intl.DateTimeFormat('en', {
  timeZone: 'America/New_York',
  hour: 'numeric',
  hourCycle: 'h23',
});

interface Seen {
  readonly to: string;
  readonly at: number;
  readonly isOut: boolean;
  readonly text: string;
}

/**
 * Counts from scratch what had happened when a message of ours left, in words of the rules and with nothing of theirs:
 * a list of everything, filtered anew for each question.
 */
function breaches(all: readonly Seen[], sent: Seen): string[] {
  const { at: now, to } = sent;
  const before = all.filter((one) => one !== sent);
  const isOpen = (of: string, at: number, known: readonly Seen[]) =>
    known.some((one) => !one.isOut && one.to === of && one.at > at - DAY && one.at <= at);
  const outs = before.filter(({ isOut }) => isOut);
  const mine = before.filter((one) => one.to === to);
  const since = (ms: number) => outs.filter(({ at }) => at > now - ms);
  const lastIn = Math.max(-1, ...mine.filter(({ isOut }) => !isOut).map(({ at }) => at));
  const isFirst = (one: Seen) =>
    !all.some((other) => other !== one && other.to === one.to && other.at <= one.at && !other.isOut) &&
    !all.some(
      (other, n) =>
        other.to === one.to &&
        other.isOut &&
        // Of two that are dated alike, the one that was known first.
        (other.at < one.at || (other.at === one.at && n < all.indexOf(one))),
    );
  const sortOf = (one: Seen) =>
    isOpen(one.to, one.at, all) ? 'reply' : isFirst(one) ? 'new_conversation' : 'reach_out';
  const found: string[] = [];
  const must = (rule: string, holds: boolean) => {
    if (!holds) {
      found.push(rule);
    }
  };

  must(
    'throughput',
    outs.every(({ at }) => at > now || now - at >= 1_000),
  );
  must('pair_rate_limit', mine.filter(({ at }) => at > now - MINUTE).length < 4);
  must('server_daily_limit', since(DAY).length < 12);
  if (mine.some(({ isOut, at }) => !isOut && now >= at && now < at + DAY)) {
    return found;
  }
  if (mine.some(({ isOut, at }) => !isOut && at > now)) {
    // A clock that was set back: whether that window is open is a matter of taste.
    return found;
  }
  const outreach = since(MINUTE).filter((one) => sortOf(one) !== 'reply');
  must('burst_limit', outreach.length < 2);
  const day = since(DAY).map(sortOf);
  if (mine.length === 0) {
    must('new_conversation_limit', day.filter((sort) => sort === 'new_conversation').length < 3);
    must(
      'new_conversation_limit per hour',
      since(HOUR).filter((one) => sortOf(one) === 'new_conversation').length < 2,
    );
  } else {
    must('reach_out_limit', day.filter((sort) => sort === 'reach_out').length < 4);
    const unanswered = mine.filter(({ isOut, at }) => isOut && at >= lastIn);
    must(
      'recipient_cooling_down',
      unanswered.every(({ at }) => now >= at + 6 * HOUR),
    );
    must('follow_ups', unanswered.filter((one) => sortOf(one) === 'reach_out').length < 2);
    must('unanswered_limit', unanswered.length < 3);
  }
  const week = before.filter(({ at }) => at > now - 7 * DAY);
  const sends = week.filter(({ isOut }) => isOut).length + 1;
  const inbound = week.filter(({ isOut, at }) => !isOut && at <= now).length;
  must('ratio_limit', sends < 5 || sends <= 2 * inbound);
  const others = new Set(
    since(DAY)
      .filter(({ text }) => text === sent.text)
      .map((one) => one.to),
  );
  must('duplicate_content', others.has(to) || others.size < 2);
  const hour = Number(NEW_YORK.format(now));
  must('quiet_hours', hour >= 8 && hour < 21);
  return found;
}

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'receive'; readonly from: number }
  | { readonly do: 'person'; readonly to: number; readonly text: number; readonly ago: number }
  | { readonly do: 'try'; readonly to: number; readonly text: number }
  | { readonly do: 'restart' };

const who = fc.nat(CONTACTS - 1);
const text = fc.nat(TEXTS.length - 1);
const attempt = fc.record({ do: fc.constant('try' as const), to: who, text });
/** Mostly seconds, so that minutes fill; sometimes hours and days, so that windows open and close. */
const waiting = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1_000, max: 5_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 * HOUR }) },
    { weight: 1, arbitrary: fc.constantFrom(6 * HOUR, DAY - 1, DAY, 2 * DAY) },
  ),
});
const steps = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: attempt },
    { weight: 6, arbitrary: waiting },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('receive' as const), from: who }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('person' as const),
        to: who,
        text,
        ago: fc.oneof(fc.constant(0), fc.nat(2 * DAY)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -3 * HOUR, max: 0 }) }),
    },
  ),
  { minLength: 20, maxLength: 100 },
);

function play(bench: GuardBench, schedule: readonly Step[]): { sent: number; broken: string[] } {
  const seen: Seen[] = [];
  const broken: string[] = [];
  let sent = 0;
  for (const step of schedule) {
    const at = bench.clock.now();
    switch (step.do) {
      case 'wait':
      case 'jump':
        bench.clock.advance(step.ms);
        break;
      case 'receive':
        bench.receive(contact(step.from));
        seen.push({ to: contact(step.from), at, isOut: false, text: '' });
        break;
      case 'person': {
        const said = TEXTS[step.text] ?? '';
        bench.send(contact(step.to), at - step.ago, { text: said });
        seen.push({ to: contact(step.to), at: at - step.ago, isOut: true, text: said });
        break;
      }
      case 'try': {
        const said = TEXTS[step.text] ?? '';
        if (bench.dispatch(contact(step.to), { text: said }).kind === 'allow') {
          const one = { to: contact(step.to), at, isOut: true, text: said };
          seen.push(one);
          sent += 1;
          broken.push(...breaches(seen, one));
        }
        break;
      }
      case 'restart':
        bench.restart();
        break;
      default:
        step satisfies never;
    }
  }
  return { sent, broken };
}

describe('the guard', () => {
  it('lets no schedule of sends, answers, waits, clocks set back and restarts pass a limit', () => {
    let sent = 0;
    fc.assert(
      fc.property(steps, fc.nat(DAY), (schedule, later) => {
        const bench = guardBench({ preset: 'off', overrides: LIMITS, startAt: NOON + later });
        try {
          const played = play(bench, schedule);
          sent += played.sent;
          expect(played.broken).toEqual([]);
        } finally {
          bench.close();
        }
      }),
      { numRuns: 60, ...PATIENCE },
    );
    expect(sent).toBeGreaterThan(30);
  });

  it('names for a full cap a time at which the same command is not refused by a cap', () => {
    let capped = 0;
    const forward = steps.map((list) => list.filter((step) => step.do !== 'jump'));
    fc.assert(
      fc.property(forward, (schedule) => {
        const bench = guardBench({ preset: 'off', overrides: LIMITS });
        try {
          play(bench, schedule);
          for (let n = 0; n < CONTACTS + 1; n += 1) {
            const send = aSend(contact(n));
            const verdict = bench.guard.judge(send, bench.clock.now(), 'accept');
            const isCapped = verdict.kind === 'refuse' && verdict.by === 'cap' && verdict.retryAt !== null;
            const retryAt = isCapped ? verdict.retryAt : null;
            const then = retryAt === null ? null : bench.guard.judge(send, retryAt, 'accept');
            capped += isCapped ? 1 : 0;
            expect(retryAt === null || retryAt > bench.clock.now()).toBe(true);
            expect(then?.kind === 'refuse' && then.by, JSON.stringify([verdict, then])).not.toBe('cap');
          }
        } finally {
          bench.close();
        }
      }),
      { numRuns: 40, ...PATIENCE },
    );
    expect(capped).toBeGreaterThan(5);
  });

  it('says the same after a restart, and of a ledger that learned of the messages in another order', () => {
    const message = fc.record({
      who,
      text,
      at: fc.integer({ min: -9 * DAY, max: 0 }),
      isOut: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 5, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (messages, order) => {
          const inOrder = messages.toSorted((a, b) => a.at - b.at);
          const shuffled = messages
            .map((one) => ({ one, key: order.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const fill = (list: typeof messages): GuardBench => {
            const bench = guardBench({ preset: 'balanced', overrides: LIMITS });
            for (const one of list) {
              // A millisecond each: which of two messages of one moment came first, nobody can tell.
              const at = NOON + one.at - messages.indexOf(one);
              if (one.isOut) {
                bench.send(contact(one.who), at, { text: TEXTS[one.text] ?? '' });
              } else {
                bench.receive(contact(one.who), at);
              }
            }
            return bench;
          };
          const saysOf = (bench: GuardBench) => ({
            usage: bench.guard.usage(),
            contacts: Array.from({ length: CONTACTS }, (_, n) =>
              bench.guard.contact(chatKey('direct', contact(n))),
            ),
            verdicts: Array.from({ length: CONTACTS }, (_, n) =>
              TEXTS.map((said) =>
                bench.guard.verdicts(aSend(contact(n), { id: 'x', text: said }), instant(NOON)),
              ),
            ),
          });
          const one = fill(inOrder);
          const other = fill(shuffled);
          try {
            const before = saysOf(one);
            expect(saysOf(other)).toEqual(before);
            one.restart();
            expect(saysOf(one)).toEqual(before);
          } finally {
            one.close();
            other.close();
          }
        },
      ),
      { numRuns: 25, ...PATIENCE },
    );
  });
});
