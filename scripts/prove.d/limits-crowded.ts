import type { LimitOverrides } from '../../src/config/index.ts';
import { BREAKS } from './limits-breaks.ts';
import { people } from './limits-people.ts';
import type { Scenario } from './limits-play.ts';
import { proveScenario, type Proof } from './limits-prove.ts';
import { TABLE, type LimitTable } from './limits-table.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Small numbers, so that a short play meets every one of them: for the checker, and the same for the daemon. */
const SMALL_TABLE: LimitTable = {
  ...TABLE.balanced,
  perMinuteWithContact: 8,
  perDay: 100,
  outreachPerMinute: 4,
  newPerDay: 10,
  newPerHour: 4,
  reachOutsPerDay: 14,
  sameText: 4,
  unanswered: 3,
  ratio: { most: 0.55, paceAbove: null, from: 20 },
};
const SMALL_NUMBERS = {
  pair_rate_limit: { limit: 8 },
  server_daily_limit: { limit: 100 },
  burst_limit: { pace_from: 4, refuse_from: null },
  new_conversation_limit: { per_day: 10, per_hour: 4 },
  reach_out_limit: { limit: 14 },
  duplicate_content: { limit: 4, warn_at: null },
  unanswered_limit: { limit: 3, warn_at: null },
  ratio_limit: { refuse_above: 0.55, pace_above: null, warn_above: null },
} as const satisfies LimitOverrides;

/** Whether the checker finds fault with a play whose daemon goes by loosened numbers. */
export async function proveCrowded(options: {
  readonly folder: string;
  readonly seed: number;
  /** The rules that are loosened. */
  readonly broken: readonly (keyof typeof BREAKS)[];
}): Promise<Proof> {
  const { folder, seed, broken } = options;
  return proveScenario({
    scenario: CROWDED,
    preset: 'balanced',
    seed,
    folder,
    table: SMALL_TABLE,
    overrides: broken.reduce<LimitOverrides>((numbers, rule) => merged(numbers, BREAKS[rule]), SMALL_NUMBERS),
  });
}

/** Those that the crowded days meet. */
export const MET = [
  'throughput',
  'pair_rate_limit',
  'server_daily_limit',
  'recipient_opted_out',
  'burst_limit',
  'new_conversation_limit',
  'new_conversations_per_hour',
  'reach_out_limit',
  'unanswered_limit',
  'recipient_cooling_down',
  'ratio_limit',
  'duplicate_content',
  'first_message_content',
  'quiet_hours',
] as const satisfies readonly (keyof typeof BREAKS)[];

/** Whether the checker objects to what a loosened rule has let through, and calls it by that rule. */
export function hasObjected({ breaches }: Proof, broken: keyof typeof BREAKS): boolean {
  const name = broken === 'new_conversations_per_hour' ? 'new_conversation_limit per hour' : broken;
  return breaches.some(({ rule }) => rule === name || rule.startsWith(`${name} `));
}

function merged(base: LimitOverrides, more: LimitOverrides): LimitOverrides {
  const given = new Map<string, object | undefined>(Object.entries(base));
  return {
    ...base,
    ...Object.fromEntries(
      Object.entries(more).map(([rule, numbers]) => [rule, { ...given.get(rule), ...numbers }]),
    ),
  };
}

/** Two days in which everything is asked for that a limit is against. */
const CROWDED: Scenario = {
  name: 'crowded days',
  startAt: Date.UTC(2026, 2, 2, 13),
  days: 1.9,
  prepare: (stage) => {
    const crowd = people(stage, 'crowded');
    const { startAt, random } = stage;
    crowd.pastOf(17, 10);
    const known = Array.from({ length: 60 }, (_, n) => crowd.contact(500 + n));
    stage.mac.past(() => {
      for (const who of known) {
        stage.mac.says(who, crowd.words(), { date: startAt - 6 * DAY });
      }
    });
    const ask = (at: number, to: string, wish: { text?: string; file?: string } = {}) =>
      stage.at(startAt + at, () =>
        crowd.ask(to, { ...wish, expiresIn: 20 * HOUR, onLimit: 'queue', hasOptIn: true }),
      );

    for (let n = 0; n < 10; n += 1) {
      stage.at(startAt + n * 50 * MINUTE, () => {
        stage.says(crowd.friend(n), crowd.words());
        // An answer in pieces, as machines give them.
        for (let piece = 0; piece < 7; piece += 1) {
          crowd.ask(crowd.friend(n), { expiresIn: HOUR, onLimit: 'reject' });
        }
      });
    }
    for (let n = 0; n < 24; n += 1) {
      ask(2 * HOUR + random.below(2 * HOUR), crowd.contact(n));
      ask(4 * HOUR + random.below(3 * MINUTE), known[n] ?? '');
    }
    for (let n = 0; n < 9; n += 1) {
      ask(HOUR + n * MINUTE, known[30 + n] ?? '', { text: crowd.template(n) });
      ask(26 * HOUR + n * MINUTE, known[40 + n] ?? '');
      ask(15 * HOUR, known[50 + n] ?? '');
      ask(5 * MINUTE + n * 65 * MINUTE, known[59] ?? '');
    }
    ask(30 * MINUTE, crowd.contact(200), { text: 'Look at https://example.com' });
    ask(31 * MINUTE, crowd.contact(201), { text: '', file: 'flyer.png' });

    const leaver = crowd.friend(9);
    stage.at(startAt + 10 * HOUR, () => stage.says(leaver, 'Stop'));
    ask(10.5 * HOUR, leaver);

    const bot = known[49] ?? '';
    const isTalking = () => stage.now() > startAt + 5 * HOUR && stage.now() < startAt + 5 * HOUR + 4 * MINUTE;
    stage.at(startAt + 5 * HOUR, () => {
      stage.says(bot, crowd.words());
      crowd.ask(bot, { expiresIn: MINUTE, onLimit: 'queue' });
    });
    stage.answer((to, _, text) =>
      to === bot && isTalking()
        ? {
            afterMs: SECOND,
            text: `About ${text}`,
            afterwards: () => crowd.ask(bot, { expiresIn: MINUTE, onLimit: 'queue' }),
          }
        : null,
    );
  },
};
