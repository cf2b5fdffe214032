import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBreaches } from '../scripts/prove.d/limits-checker.ts';
import { hasObjected, proveCrowded } from '../scripts/prove.d/limits-crowded.ts';
import type { Row } from '../scripts/prove.d/limits-evidence.ts';
import { heldReplies } from '../scripts/prove.d/limits-replies.ts';
import { TABLE } from '../scripts/prove.d/limits-table.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Wednesday noon in New York. */
const NOON = Date.UTC(2026, 4, 13, 16);
const KIM = '+12125550100';
const person = (n: number) => `+1212${5_000_000 + n}`;

type Step = readonly [who: 'in' | 'ours' | 'hand', contact: string, at: number, more?: Partial<Row>];

/** Rows in the order given; a month of friends who write stands before them, so that nothing of the account is young. */
function rowsOf(steps: readonly Step[]): Row[] {
  const before = Array.from({ length: 25 }, (_, n): Step[] => [
    ...Array.from({ length: 20 }, (_, m): Step => [
      'in',
      person(900 + (m % 10)),
      -(25 - n) * DAY + m * MINUTE,
    ]),
    ['hand', person(900), -(25 - n) * DAY + HOUR],
  ]).flat();
  return [...before, ...steps].map(([who, contact, at, more], index) => ({
    rowId: index + 1,
    at: NOON + at,
    isOut: who !== 'in',
    contact,
    text: `text ${'abcdefghij'[index % 10]}${'klmnopqrst'[Math.floor(index / 10) % 10]}${'uvwxyz'[Math.floor(index / 100) % 6]}`,
    hasFile: false,
    isBlue: true,
    calledAt: who === 'ours' ? NOON + at : null,
    ...more,
  }));
}

const rulesAgainst = (steps: readonly Step[], table: keyof typeof TABLE = 'balanced') => [
  ...new Set(findBreaches(rowsOf(steps), TABLE[table]).map(({ rule }) => rule)),
];
const times = (count: number, step: (n: number) => Step): Step[] =>
  Array.from({ length: count }, (_, n) => step(n));
/** Contacts whose window closed days ago. */
const knownFrom = (count: number): Step[] => times(count, (n) => ['in', person(n), -3 * DAY + n]);

describe('the checker of prove:limits, over rows', () => {
  it('finds nothing where every window had room', () => {
    expect(
      rulesAgainst([
        ['in', KIM, 0],
        ['ours', KIM, SECOND],
        ['ours', KIM, 2 * SECOND],
        ['hand', person(1), 3 * SECOND],
        ['ours', person(2), 5 * MINUTE],
      ]),
    ).toEqual([]);
  });

  const cases: readonly [rule: string, steps: readonly Step[], table?: keyof typeof TABLE][] = [
    [
      'throughput',
      [
        ['in', KIM, 0],
        ['hand', person(1), SECOND],
        ['ours', KIM, 1_999],
      ],
    ],
    ['pair_rate_limit', [...times(30, (n) => ['in', KIM, n * SECOND]), ['ours', KIM, 31 * SECOND]]],
    [
      'recipient_opted_out',
      [
        ['in', KIM, 0, { text: 'Stop' }],
        ['ours', KIM, HOUR],
      ],
    ],
    ['burst_limit', [...knownFrom(31), ...times(31, (n) => ['ours', person(n), n * 1_500])]],
    ['contact_first', [['ours', KIM, 0]], 'messages_dev'],
    ['new_conversation_limit per hour', times(16, (n) => ['ours', person(n), n * MINUTE])],
    [
      'new_conversation_limit',
      [...times(50, (n) => ['hand', person(n), n * MINUTE]), ['ours', KIM, 20 * HOUR]],
    ],
    [
      'reach_out_limit',
      [
        ...knownFrom(201),
        ...times(200, (n) => ['hand', person(n), n * MINUTE]),
        ['ours', person(200), 4 * HOUR],
      ],
    ],
    ['unanswered_limit', times(6, (n) => [n === 5 ? 'ours' : 'hand', KIM, n * DAY])],
    ['recipient_cooling_down', times(5, (n) => [n === 4 ? 'ours' : 'hand', KIM, n * DAY])],
    [
      'recipient_cooling_down apart',
      [
        ['hand', KIM, 0],
        ['ours', KIM, DAY - 1],
      ],
    ],
    [
      'ratio_limit',
      [...times(1_600, (n) => ['hand', person(n % 5), n * MINUTE - DAY]), ['ours', KIM, 5 * HOUR]],
    ],
    [
      'duplicate_content',
      [
        ...times(50, (n) => ['hand', person(n), n * MINUTE, { text: `Hi Ann, number ${n}` }]),
        ['ours', KIM, 2 * HOUR, { text: 'Hi Zoe, number 77' }],
      ],
    ],
    ['first_message_content', [['ours', KIM, 0, { text: 'see https://example.com' }]]],
    ['first_message_content', [['ours', KIM, 0, { hasFile: true }]]],
    ['quiet_hours', [['ours', KIM, 9 * HOUR]]],
    ['quiet_hours', [['ours', '+442075550100', 4 * HOUR + 1]]],
  ];
  it.each(cases)('finds a breach of %s', (rule, steps, table) => {
    expect(rulesAgainst(steps, table)).toContain(rule);
  });

  it('counts only what was there before, by date, and lets a person do as they like', () => {
    expect(
      rulesAgainst([
        ['in', KIM, 0],
        ['ours', KIM, SECOND],
        // Dated before, and known only after.
        ['hand', person(1), 500],
        ...times(60, (n): Step => ['hand', person(n), MINUTE + n]),
      ]),
    ).toEqual([]);
  });

  it('knows a young line, and one that was idle', () => {
    const young: Step[] = [
      ['in', person(1), 40 * DAY],
      ...times(6, (n): Step => ['ours', person(10 + n), 40 * DAY + n * 5 * MINUTE]),
    ];
    expect(rulesAgainst(young)).toEqual(['new_conversation_limit']);
  });

  it('notices an answer that was refused or left lying without need', () => {
    const rows = rowsOf([['in', KIM, 0]]);
    const asked = {
      to: KIM,
      text: 'yes',
      onLimit: 'reject',
      hasOptIn: false,
      at: NOON + MINUTE,
      expiresAt: NOON + HOUR,
      heldBy: null,
    } as const;
    const held = (wish: { readonly refused: string | null; readonly state: string }) =>
      heldReplies({ rows, asked: [{ ...asked, ...wish }], outages: [], table: TABLE.balanced }).held;
    expect(held({ refused: 'reach_out_limit', state: 'refused' })).toHaveLength(1);
    expect(held({ refused: null, state: 'expired' }).length).toBeGreaterThan(0);
  });
});

describe('the checker of prove:limits, over a daemon that goes by other numbers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-limits-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has nothing against the numbers of the table', { timeout: 120_000 }, async () => {
    const proof = await proveCrowded({ folder: join(folder, 'whole'), seed: 2, broken: [] });
    expect(proof.sent).toBeGreaterThan(80);
    expect([proof.breaches, proof.held, proof.lost]).toEqual([[], [], 0]);
  });

  it('objects to each rule that is loosened', { timeout: 120_000 }, async () => {
    const broken = ['throughput', 'reach_out_limit', 'quiet_hours'] as const;
    const proof = await proveCrowded({ folder: join(folder, 'loose'), seed: 2, broken });
    expect(broken.filter((rule) => !hasObjected(proof, rule))).toEqual([]);
  });
});
