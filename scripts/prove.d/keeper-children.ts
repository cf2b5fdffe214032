import childProcess, { type ChildProcess, type ForkOptions } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

const READER_TIME = fileURLToPath(new URL('keeper-reader-time.ts', import.meta.url));
/** It beats every 2 s of the machine's own time; one that has been silent for so long is silent indeed. */
const ALIVE_MS = 8_000;

/** The processes that the daemon has: a clock that is let go must not outrun them. */
export interface Children {
  /** The reading process says once more that it lives, if it has said so of late: its beats keep real time. */
  beat(): void;
  /** `gone` until the daemon starts it again, `silent` until it has said something. */
  reader(): 'gone' | 'silent' | 'speaks';
  /** A script or a tool runs, for less than so many ms of real time. */
  isBusy(withinMs: number): boolean;
}

/** From now on, whatever this process starts is watched, and what it forks lives by the time in `timeFile`. */
export function watchChildren(timeFile: string): Children {
  const { fork, spawn, execFile } = childProcess;
  const running = new Map<ChildProcess, number>();
  const reader: { child: ChildProcess | null; heardAt: number | null; beat: object | null } = {
    child: null,
    heardAt: null,
    beat: null,
  };
  const note = (child: ChildProcess): ChildProcess => {
    running.set(child, performance.now());
    const forget = () => running.delete(child);
    child.once('exit', forget);
    child.once('error', forget);
    return child;
  };
  const forkOnClock = (path: string, args: readonly string[], options: ForkOptions): ChildProcess => {
    const child = fork(path, args, {
      ...options,
      execArgv: [...(options.execArgv ?? []), '--import', READER_TIME],
      env: { ...(options.env ?? process.env), BLUELINE_PROVE_TIME: timeFile },
    });
    if (!path.endsWith('reader-process.ts')) {
      return child;
    }
    Object.assign(reader, { child, heardAt: null });
    child.on('message', (message: { readonly type?: unknown }) => {
      if (child === reader.child && message !== reader.beat) {
        reader.heardAt = performance.now();
        reader.beat = message.type === 'beat' ? message : reader.beat;
      }
    });
    return child;
  };
  Object.assign(childProcess, {
    fork: forkOnClock,
    spawn: (...args: Parameters<typeof spawn>) => {
      const child = spawn(...args);
      return args[0].endsWith('caffeinate') ? child : note(child);
    },
    execFile: (...args: Parameters<typeof execFile>) => note(execFile(...args)),
  });
  syncBuiltinESMExports();
  return {
    beat: () => {
      const { child, beat, heardAt } = reader;
      if (
        child?.connected === true &&
        beat !== null &&
        heardAt !== null &&
        performance.now() - heardAt < ALIVE_MS
      ) {
        child.emit('message', beat);
      }
    },
    reader: () => {
      if (reader.child?.connected !== true) {
        return 'gone';
      }
      return reader.heardAt === null || reader.beat === null ? 'silent' : 'speaks';
    },
    isBusy: (withinMs) => [...running.values()].some((since) => performance.now() - since < withinMs),
  };
}
