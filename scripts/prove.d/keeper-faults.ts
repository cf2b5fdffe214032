import type { Random } from './random.ts';
import type { World } from './keeper-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Something that goes wrong: how it comes, when it is over, what it takes to be over. */
export interface Fault {
  readonly name: string;
  /** From the last hand that is needed, within so long of the clock the line works by itself. */
  readonly limitMs: number;
  /** The codes of `/health` of which one must be told before a person lends a hand; none: no person is needed. */
  readonly names: readonly string[];
  /** How long it lasts at least, where its end is not the keeper's affair. */
  readonly lastsMs: (random: Random) => number;
  /** Whether it can begin now. */
  readonly canBegin: (world: World) => boolean;
  readonly begin: (world: World, random: Random) => Promise<void>;
  /** What a person does, or what passes by itself, after it has lasted. */
  readonly end: (world: World) => Promise<void>;
  /** A person pauses the line first, and resumes it at the end. */
  readonly isByHand?: true;
}

const nothing = () => Promise.resolve();
const isRunning = ({ mac }: World) => mac.isRunning;
const always = () => true;
const minutes = (from: number, to: number) => (random: Random) =>
  (from + random.below(to - from + 1)) * MINUTE;
const atOnce = { names: [], lastsMs: () => 0, end: nothing } as const;
const byPerson = { canBegin: always, lastsMs: minutes(1, 5) } as const;

/**
 * The limits: a Messages that is gone is opened at once, but one that did not last 10 minutes only after 10, 20, 40 and
 * then 60. A hang is found within half a minute, and relaunched unless another relaunch was less than 10 minutes ago.
 * Behind a sheet three texts must have been tried, and after the relaunch one more.
 */
export const FAULTS: readonly Fault[] = [
  {
    ...atOnce,
    name: 'quits',
    limitMs: 62 * MINUTE,
    canBegin: isRunning,
    begin: ({ mac }) => mac.end('quit'),
  },
  {
    ...atOnce,
    name: 'crashes',
    limitMs: 62 * MINUTE,
    canBegin: isRunning,
    begin: ({ mac }) => mac.end('kill'),
  },
  {
    ...atOnce,
    name: 'hangs',
    limitMs: 13 * MINUTE,
    canBegin: ({ mac }) => mac.isRunning && !mac.isSick,
    begin: ({ mac }, random) => mac.freeze(random.below(2) === 0),
  },
  {
    ...atOnce,
    name: 'shows a sheet',
    limitMs: 30 * MINUTE,
    canBegin: ({ mac }) => mac.isRunning && !mac.isSick,
    begin: ({ mac }, random) => mac.showSheet(random.below(2) === 0, random.below(2) === 0),
  },
  {
    ...atOnce,
    name: 'database emptied',
    limitMs: 3 * MINUTE,
    canBegin: isRunning,
    begin: async ({ mac }) =>
      void (await mac.run({ command: 'replace-database', args: { content: 'empty' } })),
  },
  {
    ...atOnce,
    name: 'database renumbered',
    limitMs: 3 * MINUTE,
    canBegin: isRunning,
    begin: async ({ mac }, random) =>
      void (await mac.run({
        command: 'replace-database',
        args: { content: 'renumbered', from: 1 + random.below(50) },
      })),
  },
  {
    ...atOnce,
    name: '-wal and -shm made anew',
    limitMs: 3 * MINUTE,
    canBegin: isRunning,
    begin: async ({ mac }) => {
      await mac.end('kill');
      await mac.reopen();
    },
  },
  {
    ...atOnce,
    name: 'clock leaps ahead',
    limitMs: 3 * MINUTE,
    canBegin: always,
    begin: async ({ clock }, random) => clock.jump((1 + random.below(8)) * HOUR),
  },
  {
    ...atOnce,
    name: 'clock is set back',
    limitMs: 3 * MINUTE,
    canBegin: always,
    begin: async ({ clock }, random) => clock.jump(-(1 + random.below(8)) * HOUR),
  },
  {
    ...byPerson,
    name: 'disk full',
    limitMs: 3 * MINUTE,
    names: ['disk_full', 'disk_nearly_full'],
    begin: async (world) => world.fillDisk(),
    end: async (world) => world.emptyDisk(),
  },
  {
    ...byPerson,
    name: 'Automation denied',
    limitMs: 3 * MINUTE,
    names: ['automation_denied'],
    begin: ({ mac }) => mac.stand('denied', { name: 'script-error', code: -1743, moment: 'before' }),
    end: ({ mac }) => mac.lift('denied'),
  },
  {
    ...byPerson,
    name: 'signed out',
    limitMs: 3 * MINUTE,
    names: ['messages_signed_out'],
    begin: ({ mac }) => mac.stand('signed out', { name: 'signed-out' }),
    end: ({ mac }) => mac.lift('signed out'),
  },
  {
    name: 'quit by a person, after a pause',
    limitMs: 3 * MINUTE,
    names: ['line_paused'],
    lastsMs: minutes(1, 25),
    isByHand: true,
    canBegin: isRunning,
    begin: ({ mac }) => mac.end('quit'),
    end: nothing,
  },
];

/** Of which the machine must let us have a disk of our own. */
export const NEEDS_SMALL_DISK = 'disk full';
