import type { Instant } from '../domain/index.ts';
import type { Finding } from './to-warnings.ts';

/** Below so much free room the disk is about to refuse the store, and Messages its own database. */
const NEARLY_FULL_BYTES = 100_000_000;
/** Beyond so many seconds, times in events and in windows of the limits are plainly wrong. */
const CLOCK_WRONG_SECONDS = 5;
/** What has happened once is told for so long. */
const TOLD_MS = 1_800_000;

/** What the room on the disk means for health. Sizes in bytes. */
export function diskFindings(disk: {
  readonly freeBytes: number | null;
  readonly reserveBytes: number;
  readonly refusedAt: Instant | null;
}): readonly Finding[] {
  const { freeBytes, reserveBytes, refusedAt } = disk;
  const detail = freeBytes === null ? {} : { detail: `Free now: ${Math.round(freeBytes / 1_000_000)} MB.` };
  const findings: Finding[] = [];
  if (freeBytes !== null && freeBytes < NEARLY_FULL_BYTES) {
    findings.push({ code: 'disk_nearly_full', ...detail });
  }
  if ((freeBytes !== null && freeBytes < reserveBytes) || refusedAt !== null) {
    findings.push({ code: 'disk_full', ...detail });
  }
  return findings;
}

/** What was last seen of this Mac; each `null`: not looked at yet, or it does not say. */
export interface Sights {
  readonly hasGuiSession: boolean | null;
  /** Seconds that the clock is behind (negative: ahead). */
  readonly clockOffset: number | null;
  readonly node: { readonly isVersionedPlace: boolean; readonly isAdHoc: boolean } | null;
  readonly log: { readonly bytes: number; readonly limitBytes: number } | null;
  /** `ok`, or what SQLite found wrong with our own database. */
  readonly integrity: string | null;
  /** The last time that the clock went on by much more than was watched, or back; ms. */
  readonly jump: { readonly at: Instant; readonly ms: number } | null;
}

/** What was seen of this Mac means for health. */
export function machineFindings(sights: Sights, now: Instant): readonly Finding[] {
  const { hasGuiSession, clockOffset, node, log, integrity, jump } = sights;
  const findings: Finding[] = [];
  if (integrity !== null && integrity !== 'ok') {
    findings.push({ code: 'store_corrupt' });
  }
  if (hasGuiSession === false) {
    findings.push({ code: 'no_gui_session' });
  }
  if (jump !== null && now - jump.at < TOLD_MS) {
    const minutes = Math.round(Math.abs(jump.ms) / 60_000);
    const what = jump.ms > 0 ? `It was ${minutes} min` : `The clock was set back by ${minutes} min`;
    findings.push({ code: 'time_jumped', detail: `${what}, until ${new Date(jump.at).toISOString()}.` });
  }
  if (clockOffset !== null && Math.abs(clockOffset) >= CLOCK_WRONG_SECONDS) {
    const seconds = Math.abs(clockOffset).toFixed(1);
    findings.push({
      code: 'clock_wrong',
      detail: `It is ${seconds} s ${clockOffset > 0 ? 'behind' : 'ahead'}.`,
    });
  }
  if (node !== null && (node.isVersionedPlace || node.isAdHoc)) {
    findings.push({ code: 'node_not_fixed' });
  }
  if (log !== null && log.bytes > log.limitBytes) {
    findings.push({
      code: 'log_too_large',
      detail: `It holds ${Math.round(log.bytes / 1_000_000)} MB; ${Math.round(log.limitBytes / 1_000_000)} MB are expected at the most.`,
    });
  }
  return findings;
}

/** What the keeper of Messages and of this Mac means for health. */
export function keeperFindings(keeper: {
  /** `null` where nobody is to hold this Mac awake. */
  readonly isAwake: boolean | null;
  /** Messages is gone, and is left so. */
  readonly leftClosed: {
    readonly because: 'paused' | 'does_not_last';
    readonly until: Instant | null;
  } | null;
}): readonly Finding[] {
  const { isAwake, leftClosed } = keeper;
  const findings: Finding[] = [];
  if (leftClosed !== null) {
    const until = leftClosed.until === null ? '' : ` before ${new Date(leftClosed.until).toISOString()}`;
    const why =
      leftClosed.because === 'paused'
        ? 'It is left closed while a person has paused the line.'
        : `It was gone again soon after it had been opened, and is not opened${until}.`;
    findings.push({ code: 'messages_not_running', detail: why });
  }
  if (isAwake === false) {
    findings.push({ code: 'sleep_not_prevented' });
  }
  return findings;
}

/** What has become of our own store means for health. */
export function storeFindings(
  store: {
    /** Damage has been met in it. */
    readonly isSuspect: boolean;
    /** Names of the stores in the data folder that were set aside, the oldest first. */
    readonly setAside: readonly string[];
    /** When it was last put back to an earlier state. */
    readonly restoredAt: Instant | null;
  },
  now: Instant,
): readonly Finding[] {
  const { isSuspect, setAside, restoredAt } = store;
  const findings: Finding[] = [];
  if (isSuspect) {
    findings.push({ code: 'store_corrupt' });
  }
  const damaged = setAside.findLast((name) => name.includes('.damaged-'));
  if (damaged !== undefined) {
    findings.push({ code: 'store_rebuilt', detail: `It lies in the data folder as ${damaged}.` });
  }
  if (restoredAt !== null && now - restoredAt < TOLD_MS) {
    findings.push({
      code: 'store_restored',
      detail: `It was put back at ${new Date(restoredAt).toISOString()}.`,
    });
  }
  return findings;
}
