import type { LimitOverrides } from '../../src/config/index.ts';
import { resolveLimits } from '../../src/deliverability/index.ts';
import { findBreaches, type Breach } from './limits-checker.ts';
import { readEvidence } from './limits-evidence.ts';
import { greedySchedule } from './limits-greedy.ts';
import { play, type Scenario } from './limits-play.ts';
import { heldReplies, type HeldReply } from './limits-replies.ts';
import { seededRandom } from './random.ts';
import { TABLE, type LimitTable, type PresetInTable } from './limits-table.ts';

/** So much of what the checker's own greedy schedule sends has to have been sent. */
export const SHARE = 0.98;

export interface Proof {
  readonly asked: number;
  readonly sent: number;
  readonly byPerson: number;
  readonly inbound: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly expired: number;
  readonly breaches: readonly Breach[];
  readonly held: readonly HeldReply[];
  readonly replies: number;
  readonly greedy: number;
  /** What the greedy schedule sends and the daemon did not, by what became of it. */
  readonly missed: ReadonlyMap<string, number>;
  readonly lost: number;
  readonly playSeconds: number;
  readonly checkSeconds: number;
}

/** Plays a scenario with a preset's numbers, and judges it by the table of that preset. */
export async function proveScenario(options: {
  readonly scenario: Scenario;
  readonly preset: PresetInTable;
  readonly seed: number;
  readonly folder: string;
  /** Numbers that are handed to the daemon in place of the preset's; the checker does not learn of them. */
  readonly overrides?: LimitOverrides;
  /** What the checker goes by in place of the preset's table. */
  readonly table?: LimitTable;
  readonly onProgress?: (share: number) => void;
}): Promise<Proof> {
  const { scenario, preset, seed, folder, overrides = {} } = options;
  const table = options.table ?? TABLE[preset];
  const startedAt = performance.now();
  const played = await play({
    scenario,
    folder,
    seed,
    limits: resolveLimits(preset, overrides),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const playedAt = performance.now();
  const { rows, lost } = readEvidence(played);
  const here = rows.filter(({ at }) => at >= played.startAt);
  const { held, replies } = heldReplies({ ...played, rows, table });
  const greedy = greedySchedule({ ...played, rows, table, random: seededRandom(seed + 1) });
  return {
    asked: played.asked.length,
    sent: rows.filter(({ calledAt }) => calledAt !== null).length,
    byPerson: here.filter(({ isOut, calledAt }) => isOut && calledAt === null).length,
    inbound: here.filter(({ isOut }) => !isOut).length,
    refused: countBy(played.asked.filter(({ state }) => state === 'refused').map(({ heldBy }) => heldBy)),
    expired: played.asked.filter(({ state }) => state === 'expired').length,
    breaches: findBreaches(rows, table),
    held,
    replies,
    greedy: greedy.size,
    missed: countBy(
      [...greedy.keys()]
        .filter(({ state }) => !SENT.has(state))
        .map(({ state, heldBy }) => `${state} ${heldBy ?? ''}`),
    ),
    lost,
    playSeconds: (playedAt - startedAt) / 1000,
    checkSeconds: (performance.now() - playedAt) / 1000,
  };
}

const SENT: ReadonlySet<string> = new Set(['sent', 'delivered', 'read']);

function countBy(names: readonly (string | null)[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name ?? 'nothing', (counts.get(name ?? 'nothing') ?? 0) + 1);
  }
  return counts;
}
