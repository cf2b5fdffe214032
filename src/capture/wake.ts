import { statSync, watch as watchFile, type FSWatcher } from 'node:fs';
import { watch as watchPath } from 'chokidar';
import type { Clock, Timer } from '../runtime/index.ts';
import { BEAT_MS } from './protocol.ts';

/**
 * Looks follow a hint after 1, 3, 8, 20, 60 and 120 ms: the file event comes before SQLite makes the commit visible, and
 * nothing follows it. These are the pauses in between. They end early once all that is written has been seen.
 */
const LADDER_PAUSES_MS = [1, 2, 5, 12, 40, 60] as const;
/** A look without any hint: file events can be lost. */
export const SAFETY_LOOK_MS = 250;
/** Files that are replaced without any event are noticed within a second. */
const DOUBT_MS = 1_000;
/**
 * How often chokidar asks whether `-wal` has appeared, gone or been replaced. It stats, and opens nothing. Our own doubt
 * comes sooner.
 */
const APPEARANCE_POLL_MS = 10_000;

export interface Wake {
  /** Whether, since the last call, something may have been replaced at the path: to be asked of the file system. */
  takeDoubt(): boolean;
  stop(): Promise<void>;
}

/**
 * Calls `look` whenever the database may have changed, and `onBeat` in step with that: an idle process that wakes up
 * seldom costs next to nothing. Watches `<database>-wal` and nothing else: closing any other
 * descriptor on the database or its `-shm` would drop SQLite's locks in this process (POSIX fcntl locks belong to the
 * process). `fs.watch` on the file is the only source for in-place writes on macOS; it is bound to the inode, so
 * chokidar's stat polling tells when another file has taken the name. Every event, of whatever type, is only a hint.
 */
export function startWake(
  databasePath: string,
  clock: Clock,
  {
    look,
    awaitCommit,
    isSettled,
    isStill,
    onBeat,
  }: {
    readonly look: () => void;
    /** Where a commit is being written, waits a moment for it: one look that finds it costs less than one for each frame. */
    readonly awaitCommit: () => void;
    /** All that has been written was seen by a look. */
    readonly isSettled: () => boolean;
    /** A look would find nothing. */
    readonly isStill: () => boolean;
    readonly onBeat: () => void;
  },
): Wake {
  const walPath = `${databasePath}-wal`;
  let armed: { readonly watcher: FSWatcher; readonly inode: string } | null = null;
  let ladder: Timer | null = null;
  let isHinted = false;
  let isDoubtful = false;

  const climb = (step: number) => {
    const pause = LADDER_PAUSES_MS[step];
    ladder =
      pause === undefined
        ? null
        : clock.after(pause, () => {
            if (!isSettled()) {
              look();
              climb(step + 1);
            }
          });
  };
  // One commit gives many events; those of one turn of the loop are one hint.
  const hint = () => {
    if (isHinted) {
      return;
    }
    isHinted = true;
    // Not inside the callback: on macOS the watch is re-armed after it returns, and writes made meanwhile are not told.
    setImmediate(() => {
      isHinted = false;
      // A file that is still open here can be deleted without a word but this one event, and SQLite would go on to
      // read the past, or pages that change under it.
      if (inodeOf(walPath) !== armed?.inode) {
        isDoubtful = true;
        arm();
      }
      awaitCommit();
      ladder?.cancel();
      climb(0);
      look();
    });
  };

  const disarm = () => {
    armed?.watcher.close();
    armed = null;
  };

  const arm = () => {
    const inode = inodeOf(walPath);
    if (inode === null || inode === armed?.inode) {
      if (inode === null) {
        disarm();
      }
      return;
    }
    disarm();
    try {
      const watcher = watchFile(walPath, { persistent: false }, (eventType) => {
        if (eventType === 'rename') {
          isDoubtful = true;
          arm();
        }
        hint();
      });
      watcher.on('error', disarm);
      armed = { watcher, inode };
    } catch {
      // It vanished between the two calls; chokidar tells when it is back, and the safety look reads meanwhile.
      armed = null;
    }
  };

  const appearances = watchPath(walPath, {
    usePolling: true,
    interval: APPEARANCE_POLL_MS,
    ignoreInitial: true,
    atomic: false,
    persistent: false,
  });
  for (const event of ['add', 'change', 'unlink'] as const) {
    appearances.on(event, () => {
      isDoubtful = true;
      arm();
      hint();
    });
  }
  appearances.on('error', hint);
  let isDoubtDue = false;
  // They ring together, in this order.
  const timers = [
    clock.every(BEAT_MS, onBeat),
    clock.every(DOUBT_MS, () => {
      isDoubtful = true;
      isDoubtDue = true;
      arm();
    }),
    clock.every(SAFETY_LOOK_MS, () => {
      // Most of the ticks of a quiet line end here.
      if (isDoubtDue || !isStill()) {
        look();
      }
      isDoubtDue = false;
    }),
  ];
  arm();

  return {
    takeDoubt: () => {
      const was = isDoubtful;
      isDoubtful = false;
      return was;
    },
    stop: async () => {
      timers.forEach((timer) => timer.cancel());
      ladder?.cancel();
      disarm();
      await appearances.close();
    },
  };
}

function inodeOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}
