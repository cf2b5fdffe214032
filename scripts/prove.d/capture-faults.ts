import { setTimeout as wait } from 'node:timers/promises';
import type { CheckpointMode } from './capture-ops.ts';
import type { Storm } from './capture-storm.ts';
import type { Random } from './random.ts';

/** Something that goes wrong while the writer goes on. */
export interface Fault {
  readonly name: string;
  begin(): Promise<void>;
  /** Called so many orders later. */
  readonly lasts: number;
  end(): Promise<void>;
}

const CHECKPOINTS: readonly [CheckpointMode, ...CheckpointMode[]] = [
  'PASSIVE',
  'FULL',
  'RESTART',
  'TRUNCATE',
];
const OFFSETS: readonly [number, ...number[]] = [0, 3_600, -3_600, 86_400, -600, 864_000];

/** Less than a body is waited for. */
const WAITING_MS = 1_000;
const SEEN_MS = 300;

const nothing = () => Promise.resolve();

/** One fault of the daemon for a round, or none, and up to three of the writer and its files. */
export function pickFaults(storm: Storm, random: Random): Fault[] {
  const ofDaemon = random.below(3) === 0 ? [] : [random.pick(daemonFaults(storm, random))];
  const ofWriter = Array.from({ length: random.below(4) }, () => random.pick(writerFaults(storm, random)));
  return [...ofDaemon, ...ofWriter];
}

function once(name: string, begin: () => Promise<void>): Fault {
  return { name, begin, lasts: 0, end: nothing };
}

function daemonFaults(storm: Storm, random: Random): readonly [Fault, ...Fault[]] {
  const { daemon } = storm;
  const orders = () => 1 + random.below(12);
  return [
    {
      name: 'daemon killed',
      begin: () => daemon.kill(),
      lasts: orders(),
      end: () => storm.startDaemon(),
    },
    {
      name: 'daemon killed while rows wait',
      begin: async () => {
        await storm.write([storm.plan.waiting(WAITING_MS)]);
        // Long enough to be seen, and not long enough to be told.
        await wait(SEEN_MS);
        await daemon.kill();
      },
      lasts: 1,
      end: async () => {
        await storm.startDaemon();
        await wait(WAITING_MS);
        await storm.writeSome(1);
      },
    },
    {
      name: 'daemon killed, and the last connection closed',
      begin: async () => {
        await daemon.kill();
        await storm.reopen('close');
      },
      lasts: orders(),
      end: () => storm.startDaemon(),
    },
    {
      name: 'daemon killed over several resets',
      begin: async () => {
        await daemon.kill();
        for (let resets = 0; resets < 3; resets += 1) {
          await storm.writeSome(2);
          await storm.control({ order: 'checkpoint', mode: 'TRUNCATE' });
        }
      },
      lasts: 1,
      end: () => storm.startDaemon(),
    },
    {
      name: 'daemon ended and started',
      begin: () => daemon.stop(),
      lasts: orders(),
      end: () => storm.startDaemon(),
    },
    {
      name: 'clock moved',
      begin: async () => {
        await daemon.kill();
        storm.moveClock(random.pick(OFFSETS));
      },
      lasts: 1,
      end: () => storm.startDaemon(),
    },
    {
      name: 'daemon stopped',
      begin: () => Promise.resolve(daemon.signal('SIGSTOP')),
      lasts: orders(),
      end: () => Promise.resolve(daemon.signal('SIGCONT')),
    },
    once('reader killed', () => {
      daemon.signalReader('SIGKILL');
      return Promise.resolve();
    }),
    {
      name: 'reader stopped',
      begin: () => {
        daemon.signalReader('SIGSTOP');
        return Promise.resolve();
      },
      lasts: orders(),
      end: () => {
        daemon.signalReader('SIGCONT');
        return Promise.resolve();
      },
    },
  ];
}

function writerFaults(storm: Storm, random: Random): readonly [Fault, ...Fault[]] {
  const { writer } = storm;
  const checkpoint = () => random.pick(CHECKPOINTS);
  const limit = random.pick([32_768, -1, 0]);
  const automatic = random.pick([1, 10, 1_000]);
  return [
    once('writer paused within a commit', () =>
      storm.whileWriting(async () => {
        await wait(random.below(8));
        writer.signal('SIGSTOP');
        await wait(50 + random.below(400));
        writer.signal('SIGCONT');
      }),
    ),
    once('writer killed at any time', () =>
      storm.whileWriting(async () => {
        await wait(random.below(12));
        writer.signal('SIGKILL');
      }),
    ),
    once('writer killed within a transaction', () => storm.writeCrashing()),
    once('writer killed within a checkpoint', async () => {
      const killed = wait(random.below(4)).then(() => writer.signal('SIGKILL'));
      await storm.control({ order: 'checkpoint', mode: checkpoint() });
      await killed;
      await storm.reviveWriter();
    }),
    once('rolled back', () => storm.writeRolledBack()),
    ...CHECKPOINTS.map((mode) =>
      once(`checkpoint ${mode}`, () => storm.control({ order: 'checkpoint', mode })),
    ),
    {
      name: 'a checkpoint after each order',
      begin: () => Promise.resolve(storm.checkpointEach(checkpoint())),
      lasts: 8 + random.below(20),
      end: () => Promise.resolve(storm.checkpointEach(null)),
    },
    once(`journal_size_limit ${limit}`, () =>
      storm.control({ order: 'pragma', name: 'journal_size_limit', value: limit }),
    ),
    {
      name: `wal_autocheckpoint ${automatic}`,
      begin: () => storm.control({ order: 'pragma', name: 'wal_autocheckpoint', value: automatic }),
      lasts: 20,
      end: () => storm.control({ order: 'pragma', name: 'wal_autocheckpoint', value: 1_000 }),
    },
    {
      name: 'synchronous FULL',
      begin: () => storm.control({ order: 'pragma', name: 'synchronous', value: 2 }),
      lasts: 20,
      end: () => storm.control({ order: 'pragma', name: 'synchronous', value: 1 }),
    },
    once('connection closed and opened', () => storm.reopen('close')),
    once('-wal and -shm gone and made anew', () => storm.reopen('recreate')),
    once('index made', () => storm.control({ order: 'index', isWanted: true })),
    once('index dropped', () => storm.control({ order: 'index', isWanted: false })),
  ];
}
