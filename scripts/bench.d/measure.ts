import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

type Subject = 'export' | 'floor';

/** What one process found out about itself. */
export interface Measurement {
  readonly rows: number;
  /** Wall time of the work alone, without the start of the process. */
  readonly ms: number;
  readonly peakBytes: number;
}

/** Measures in a process of its own, so that neither memory nor compiled code is shared between two measurements. */
export async function measureApart(subject: Subject, database: string): Promise<Measurement> {
  const child = fork(new URL(`run-${subject}.ts`, import.meta.url), [database], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let answer: unknown = null;
  child.on('message', (message) => {
    answer = message;
  });
  await once(child, 'close');
  if (child.exitCode !== 0 || !isMeasurement(answer)) {
    throw new Error(`The measurement of ${subject} ended with ${String(child.exitCode)}.`);
  }
  return answer;
}

/** The most memory that this process has had. */
export function peakBytes(): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return Number(peak) * 1024;
  } catch {
    // Elsewhere than on Linux; the unit is the same everywhere in Node.
    return process.resourceUsage().maxRSS * 1024;
  }
}

function isMeasurement(value: unknown): value is Measurement {
  return (
    typeof value === 'object' && value !== null && 'rows' in value && 'ms' in value && 'peakBytes' in value
  );
}
