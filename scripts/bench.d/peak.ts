import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The most memory that a process has had so far, with what its children have had. 0 when it is gone. */
export function peakBytes(pid: number): number {
  return process.platform === 'linux' ? highWater(pid) : residentNow(pid);
}

function highWater(pid: number): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return children.reduce((sum, child) => sum + highWater(Number(child)), Number(peak) * 1024);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

/** Elsewhere there is only what it has now, to be asked often; an export has no children. */
function residentNow(pid: number): number {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  } catch {
    return 0;
  }
}
