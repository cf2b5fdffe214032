import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { sharedMs } from './capture-child.ts';

/** Memory of one process: its share of every page (PSS), and the part that it shares with nobody. */
export interface Memory {
  readonly pssBytes: number;
  readonly privateBytes: number;
}

/** CPU time that the processes have had, ms, all threads. Exact, unlike the ticks of `stat`. */
export function cpuMs(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return nanoseconds / 1e6;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(text)?.[1] ?? 0) * 1024;
  return { pssBytes: field('Pss'), privateBytes: field('Private_Clean') + field('Private_Dirty') };
}

/**
 * The process and its descendants that run the same program: what a daemon consists of. Others, such as a script that
 * asks Messages how it is, come and go.
 */
export function processesOf(pid: number): number[] {
  const program = programOf(pid);
  const found = [pid];
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/u.test(name) ? parentOf(Number(name)) : null;
    if (parent !== null) {
      parents.set(Number(name), parent);
    }
  }
  for (const ancestor of found) {
    found.push(
      ...[...parents].flatMap(([child, parent]) =>
        parent === ancestor && programOf(child) === program ? [child] : [],
      ),
    );
  }
  return found;
}

/**
 * Resolves when the processes have been calm for eight seconds: until then a new process still tidies up its memory.
 * @returns when they became calm, on the shared clock; `limitMs` later than now if they have not
 */
export async function calm(pids: readonly number[], limitMs: number): Promise<number> {
  const until = sharedMs() + limitMs;
  let since = sharedMs();
  while (sharedMs() - since < CALM_MS) {
    const before = cpuMs(pids);
    await pause(SLICE_MS);
    if ((cpuMs(pids) - before) / SLICE_MS > BUSY_SHARE) {
      since = sharedMs();
    }
    if (sharedMs() > until) {
      return until;
    }
  }
  return since;
}

const CALM_MS = 8_000;
const SLICE_MS = 500;
/** Of a core. */
const BUSY_SHARE = 0.03;

function programOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? null;
  } catch {
    // It has ended.
    return null;
  }
}

function parentOf(pid: number): number | null {
  try {
    // The name in brackets may hold anything, also brackets and spaces.
    const fields = /\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return fields === null ? null : Number(fields[1]);
  } catch {
    return null;
  }
}
