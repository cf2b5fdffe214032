import { afterEach, describe, expect, it } from 'vitest';
import { chatKey, instant, rowId, type Message } from '../domain/index.ts';
import {
  aSend,
  contact,
  DAY,
  guardBench,
  KIM,
  NOON,
  receivedFrom,
  sentTo,
  type GuardBench,
} from './test-guard.ts';
import type { HistorySource } from './seed-ledger.ts';

/** A chat.db of so many messages, the oldest first; rows are numbered from 1. */
function historyOf(messages: readonly Message[]): HistorySource {
  const rows = messages.map((message, n) => ({ ...message, rowId: rowId(n + 1) }));
  return {
    lastRowId: () => rowId(rows.length),
    firstRowSince: (since) => rows.find(({ sentAt }) => sentAt > since)?.rowId ?? null,
    rows: (after, limit) => {
      const slice = rows.filter((row) => row.rowId > after).slice(0, limit);
      return { messages: slice, next: slice.length < limit ? null : rowId(after + slice.length) };
    },
  };
}

const years = [
  receivedFrom(KIM, NOON - 400 * DAY),
  ...Array.from({ length: 300 }, (_, n) => sentTo(contact(n), NOON - 300 * DAY + n)),
  ...Array.from({ length: 50 }, (_, n) => receivedFrom(contact(n), NOON - 20 * DAY + n * 1_000_000)),
  sentTo(contact(0), NOON - DAY + 60_000),
];

describe('the seeding of the ledger', () => {
  let bench: GuardBench | null = null;
  afterEach(() => {
    bench?.close();
    bench = null;
  });

  it('finds in history whom the account knows and how old the line is', () => {
    bench = guardBench({ history: historyOf(years) });
    expect(bench.guard.seeding()).toMatchObject({ phase: 'done' });
    expect(bench.guard.contact(chatKey('direct', KIM))).toMatchObject({ inboundInitiated: true });
    expect(bench.guard.contact(chatKey('direct', contact(299)))).toMatchObject({
      known: true,
      inboundInitiated: false,
    });
    expect(bench.guard.usage().warmUp).toBeNull();
    expect(bench.guard.usage().entries[0]).toMatchObject({ rule: 'server_daily_limit', used: 1 });
    expect(bench.events).toEqual([]);
  });

  it('holds everything until the last week is read, and all but replies until all is', () => {
    bench = guardBench({ history: historyOf(years), seeded: false });
    bench.receive(KIM);
    const kind = (to: string) => {
      const verdict = bench?.guard.judge(aSend(to), instant(NOON), 'accept');
      return verdict?.kind === 'defer' ? verdict.rule : verdict?.kind;
    };
    expect(bench.guard.seeding().phase).toBe('recent');
    expect([kind(KIM), kind(contact(500))]).toEqual(['history_unread', 'history_unread']);
    while (bench.guard.seeding().phase === 'recent') {
      bench.guard.seedStep();
    }
    expect(bench.guard.seeding()).toMatchObject({ phase: 'all', rows: 0, of: years.length });
    expect([kind(KIM), kind(contact(500))]).toEqual(['allow', 'history_unread']);
    while (bench.guard.seedStep()) {
      // On to the end.
    }
    expect([kind(KIM), kind(contact(500))]).toEqual(['allow', 'allow']);
  });

  it('goes on after a restart where it stopped, and is done once', () => {
    bench = guardBench({ history: historyOf(years), seeded: false });
    bench.guard.seedStep();
    expect(bench.guard.seeding().phase).not.toBe('done');
    bench.restart(historyOf(years));
    expect(bench.guard.seeding().phase).toBe('done');
    let reads = 0;
    const counted: HistorySource = {
      ...historyOf(years),
      rows: (...page) => {
        reads += 1;
        return historyOf(years).rows(...page);
      },
    };
    bench.restart(counted);
    expect(reads).toBe(0);
  });

  it('counts no message twice that was live before history reached it', () => {
    const live = sentTo(contact(0), NOON);
    bench = guardBench({ history: historyOf([...years, live]), seeded: false });
    bench.tell({ type: 'message.sent', message: live, origin: { by: 'device' }, isLate: false });
    while (bench.guard.seedStep()) {
      // On to the end.
    }
    expect(bench.guard.usage().entries[0]).toMatchObject({ used: 2 });
  });

  it('reads history anew when another database takes the place of this one', () => {
    bench = guardBench({ history: historyOf(years) });
    bench.tell({ type: 'bridge.gap', reason: 'database_replaced', lastRowId: rowId(9), since: null });
    expect(bench.guard.seeding().phase).toBe('recent');
    while (bench.guard.seedStep()) {
      // On to the end.
    }
    expect(bench.guard.usage().entries[0]).toMatchObject({ used: 1 });
  });

  it('reads by itself once it is started, and leaves off when it is stopped', async () => {
    bench = guardBench({ history: historyOf(years), seeded: false });
    bench.guard.start();
    await expect.poll(() => bench?.guard.seeding().phase, { timeout: 10_000 }).toBe('done');
    await bench.guard.stop();
  });
});
