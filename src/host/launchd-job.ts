import type { Host } from './host.ts';
import { describeEnd } from './tool-end.ts';

/** launchd's name for Blueline's agent. */
export const AGENT_LABEL = 'dev.blueline.bridge';

/** "Domain does not support specified action": there is no such domain now. */
const NO_DOMAIN = 125;
/** "Could not find service". */
const NO_SERVICE = 113;

/** A job of launchd, as `launchctl print` describes it (launchctl(1): its output is for people, and may change). */
export type Job =
  | {
      readonly state: 'loaded';
      /** launchd's own word: `running`, `not running`, `spawn scheduled`. */
      readonly status: string;
      readonly pid: number | null;
      /** Starts since it was loaded. */
      readonly runs: number | null;
      /** A code, a signal, or `(never exited)`. */
      readonly lastExit: string | null;
      /** Why it runs, or was ended: `crashed`, `inefficient`, … */
      readonly reason: string | null;
      /** The file that it was loaded from. */
      readonly path: string | null;
    }
  | { readonly state: 'not_loaded' }
  /** The user has no graphical session. */
  | { readonly state: 'no_session' }
  | { readonly state: 'unknown'; readonly why: string };

/** @param target `gui/<uid>/<label>` */
export async function readJob(host: Host, target: string): Promise<Job> {
  const end = await host.run('launchctl', ['print', target]);
  if (end.end !== 'exited') {
    return { state: 'unknown', why: `launchctl: ${describeEnd(end)}` };
  }
  if (end.code === NO_DOMAIN) {
    return { state: 'no_session' };
  }
  if (end.code === NO_SERVICE || /Could not find service/u.test(end.stderr)) {
    return { state: 'not_loaded' };
  }
  if (end.code !== 0) {
    return { state: 'unknown', why: `launchctl: ${describeEnd(end)}` };
  }
  // One tab deep: what is deeper belongs to endpoints and to the environment.
  const field = (name: string) =>
    new RegExp(`^\\t${name} = (.*)$`, 'mu').exec(end.stdout)?.[1]?.trim() ?? null;
  return {
    state: 'loaded',
    status: field('state') ?? 'unknown',
    pid: number(field('pid')),
    runs: number(field('runs')),
    lastExit: field('last exit code') ?? field('last terminating signal'),
    reason: field('immediate reason'),
    path: field('path'),
  };
}

/** Whether the user has a graphical session; `null` where launchd does not say. Without one every Apple event fails. */
export async function hasGuiSession(host: Host, uid: number): Promise<boolean | null> {
  const end = await host.run('launchctl', ['print', `gui/${uid}`]);
  return end.end === 'exited' ? end.code === 0 : null;
}

function number(text: string | null): number | null {
  return text !== null && /^\d+$/u.test(text) ? Number(text) : null;
}
