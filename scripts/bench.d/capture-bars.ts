import type { Phase } from './capture-phase.ts';
import { IN_TIME_MS } from './capture-promises.ts';
import { MISSED_ROWS, type Followed, type SizeFigures } from './capture-size.ts';

/** One line of the table. */
export interface Line {
  readonly name: string;
  readonly figure: string;
  readonly floor: string;
  readonly ratio: string;
  readonly bar: string;
  /** `null` where nothing is asked of it. */
  readonly isOk: boolean | null;
}

const MAX_DELAY_MS = 300;
const MAX_PSS_BYTES = 220e6;
const MAX_PSS_GROWTH_BYTES = 40e6;
const KINDS = [
  ['new row', 'newRow'],
  ['change of a fresh row', 'freshChange'],
  ['change of an old row', 'oldChange'],
] as const satisfies readonly (readonly [string, keyof Followed])[];

export function linesOfSize(figures: SizeFigures): Line[] {
  const { floor, skeleton, daemon } = figures;
  return [
    ...KINDS.flatMap(([name, kind]) => linesOfKind(name, daemon[kind], floor[kind])),
    compared('10 messages/s: CPU per event', daemon.load.cpuMsPerEvent, floor.load.cpuMsPerEvent, 3, ms),
    limited('10 messages/s: CPU', daemon.load.cpuPercent, floor.load.cpuPercent, 5, percent),
    ...linesOfSkeleton(skeleton, floor),
    limited('idle CPU', daemon.idlePercent, floor.idlePercent, 0.3, percent),
    limited('memory, PSS of all processes', pss(daemon), pss(floor), MAX_PSS_BYTES, megabytes),
    figureOnly('  of it', daemon.memory.map(({ pssBytes }) => megabytes(pssBytes)).join(' + ')),
    figureOnly('first start to ready', ms(figures.firstStartMs)),
    figureOnly('  and at rest after', ms(figures.settledMs)),
    figureOnly('restart to ready', ms(figures.restartMs)),
    figureOnly(`restart with ${MISSED_ROWS} missed rows`, ms(figures.catchUpMs)),
    resetsLine(figures),
    ...promiseLines(figures),
  ];
}

/** The largest database against the smallest. */
export function linesOfGrowth(small: SizeFigures, large: SizeFigures): Line[] {
  const grown = (name: string, of: (one: SizeFigures) => number, show: Show, times = 1.2, grain = 0) =>
    compared(name, of(large), of(small), times, show, grain);
  const both = [small, large];
  return [
    ...KINDS.flatMap(([name, kind]) =>
      both.every(({ daemon }) => daemon[kind].seen > 0)
        ? [
            grown(`${name} to journal, p50`, ({ daemon }) => daemon[kind].known.p50, ms, 1.2, 0.1),
            grown(`${name} to journal, p99`, ({ daemon }) => daemon[kind].known.p99, ms, 1.2, 1),
            grown(`${name}: CPU per event`, ({ daemon }) => daemon[kind].cpuMsPerEvent, ms),
          ]
        : [],
    ),
    grown('10 messages/s: CPU', ({ daemon }) => daemon.load.cpuPercent, percent),
    grown('idle CPU', ({ daemon }) => daemon.idlePercent, percent, 1.2, 0.05),
    limited(
      'memory, PSS of all processes',
      pss(large.daemon),
      pss(small.daemon),
      pss(small.daemon) + MAX_PSS_GROWTH_BYTES,
      megabytes,
    ),
    grown('first start to ready', (one) => one.firstStartMs, ms, 1.5),
    grown('restart to ready', (one) => one.restartMs, ms, 1.5),
    grown(`restart with ${MISSED_ROWS} missed rows`, (one) => one.catchUpMs, ms),
  ];
}

function linesOfKind(name: string, daemon: Phase, floor: Phase): Line[] {
  return [
    {
      name: `${name}: seen`,
      figure: `${daemon.seen} of ${daemon.changes}`,
      floor: `${floor.seen} of ${floor.changes}`,
      ratio: '',
      bar: 'all',
      isOk: daemon.seen === daemon.changes && floor.seen === floor.changes,
    },
    compared('  to journal, p50', daemon.known.p50, floor.known.p50, 4, ms),
    compared('  to journal, p99', daemon.known.p99, floor.known.p99, 5, ms),
    limited('  to journal, slowest', daemon.known.max, floor.known.max, MAX_DELAY_MS, ms),
    figureOnly('  to WebSocket client, p50', ms(daemon.client?.p50 ?? NaN)),
    figureOnly('  to WebSocket client, p99', ms(daemon.client?.p99 ?? NaN)),
    compared('  CPU per event', daemon.cpuMsPerEvent, floor.cpuMsPerEvent, 3, ms),
  ];
}

/** What two processes, a commit, a flush and a WebSocket take by themselves: no bar, but what a bar can ask for. */
function linesOfSkeleton(skeleton: SizeFigures['skeleton'], floor: Followed): Line[] {
  const line = (name: string, value: number, least: number): Line => ({
    ...figureOnly(name, ms(value)),
    floor: ms(least),
    ratio: (value / least).toFixed(2),
  });
  return [
    figureOnly('the same two processes with nothing in them', ''),
    line('  new row to journal, p50', skeleton.newRow.known.p50, floor.newRow.known.p50),
    line('  new row: CPU per event', skeleton.newRow.cpuMsPerEvent, floor.newRow.cpuMsPerEvent),
    line('  10 messages/s: CPU per event', skeleton.load.cpuMsPerEvent, floor.load.cpuMsPerEvent),
    figureOnly('  new row to WebSocket client, p50', ms(skeleton.newRow.client?.p50 ?? NaN)),
  ];
}

function resetsLine({ resets, mode }: SizeFigures): Line {
  const name = 'resets proved at 10 messages/s';
  const all = resets === undefined ? 0 : resets.proved + resets.salvaged + resets.lost;
  return {
    name,
    figure:
      resets === undefined
        ? `n/a (mode ${mode})`
        : `${resets.proved} of ${all}, ${resets.salvaged} salvaged, ${resets.lost} lost`,
    floor: '',
    ratio: '',
    bar: '> 99 %',
    isOk: resets !== undefined && all > 0 && resets.proved / all > 0.99,
  };
}

function promiseLines({ promises }: SizeFigures): Line[] {
  if (promises === null) {
    return [];
  }
  const { wal } = promises;
  return [
    limited('-wal at 30 transactions/s, at most', wal.with, wal.without, 1.2 * wal.without, megabytes),
    ...promises.isolated.map(({ synchronous, rows, inTime, delay }) => ({
      name: `alone after a look, ${synchronous}: seen in ${IN_TIME_MS} ms`,
      figure: `${inTime} of ${rows}; p50 ${ms(delay.p50)}, p99 ${ms(delay.p99)}, slowest ${ms(delay.max)}`,
      floor: '',
      ratio: '',
      bar: 'all',
      isOk: inTime === rows,
    })),
    limited(
      `${promises.burst.rows} rows in one transaction, at a client`,
      promises.burst.worstMs,
      null,
      1_000,
      ms,
    ),
  ];
}

/** Passes up to `times` the floor, or where the difference is below `grain`, which is noise. */
function compared(name: string, value: number, floor: number, times: number, show: Show, grain = 0): Line {
  return {
    name,
    figure: show(value),
    floor: show(floor),
    ratio: (value / floor).toFixed(2),
    bar: `<= ${times}x`,
    isOk: value <= floor * times || value - floor < grain,
  };
}

function limited(name: string, value: number, floor: number | null, limit: number, show: Show): Line {
  return {
    name,
    figure: show(value),
    floor: floor === null ? '' : show(floor),
    ratio: floor === null ? '' : (value / floor).toFixed(2),
    bar: `<= ${show(limit)}`,
    isOk: value <= limit,
  };
}

function figureOnly(name: string, figure: string): Line {
  return { name, figure, floor: '', ratio: '', bar: '', isOk: null };
}

type Show = (value: number) => string;

function pss({ memory }: Followed): number {
  return memory.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
}

function ms(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ms`;
}

function percent(value: number): string {
  return `${value.toFixed(2)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
