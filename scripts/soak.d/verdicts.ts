import { judgeFlat, type Flatness } from './flat.ts';
import type { PhaseResult, Sample } from './phase.ts';

export interface Verdict {
  readonly preset: string;
  readonly name: string;
  readonly passed: boolean;
  readonly text: string;
}

interface Measure {
  readonly name: string;
  readonly of: (sample: Sample) => number;
  readonly show: (value: number) => string;
  /** What it may rise by in any case: a share of its level, and the least that counts. */
  readonly allowance: { readonly share: number; readonly least: number };
}

const MEASURES: readonly Measure[] = [
  {
    name: 'memory',
    of: ({ memoryBytes }) => memoryBytes,
    show: (value) => `${(value / 1e6).toFixed(1)} MB`,
    allowance: { share: 0.05, least: 4e6 },
  },
  {
    name: 'descriptors',
    of: ({ descriptors }) => descriptors,
    show: (value) => value.toFixed(1),
    allowance: { share: 0, least: 2 },
  },
  {
    name: 'lag',
    of: ({ lagMs }) => lagMs,
    show: (value) => `${value.toFixed(1)} ms`,
    allowance: { share: 0.25, least: 10 },
  },
];

/** What the figures of a phase mean: each measure flat, nothing lost, nothing doubled. */
export function judgePhase(result: PhaseResult): readonly Verdict[] {
  const { preset, samples, inbound, sends } = result;
  const flat = MEASURES.map(({ name, of, show, allowance }): Verdict => {
    const found = judgeFlat(
      samples.map((sample) => ({ at: sample.at, value: of(sample) })),
      allowance,
    );
    return { preset, name, passed: found.isFlat, text: describe(found, show) };
  });
  return [
    ...flat,
    {
      preset,
      name: 'inbound',
      passed: inbound.told === inbound.written && inbound.twice === 0,
      text: `${inbound.told} of ${inbound.written} told, ${inbound.twice} more than once`,
    },
    {
      preset,
      name: 'sends',
      passed: sends.twice === 0 && sends.received <= sends.accepted,
      text: `${sends.accepted} of ${sends.asked} taken on, ${sends.received} received, ${sends.twice} more than once`,
    },
  ];
}

function describe({ level, rise, allowed, points }: Flatness, show: (value: number) => string): string {
  return Number.isNaN(rise)
    ? `only ${points} looks after the warm-up: run it for longer`
    : `at ${show(level)}, changed by ${rise < 0 ? '−' : '+'}${show(Math.abs(rise))} (up to +${show(allowed)} is flat)`;
}
