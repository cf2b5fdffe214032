import type { Service } from '../domain/index.ts';
import { APPLE_EVENT_ERRORS, errorNumber } from './apple-event-errors.ts';
import type { ChildEnd } from './run-child.ts';

/** An account that Messages is signed in to, as its dictionary describes it. */
export interface Account {
  readonly id: string;
  /** `iMessage`, `SMS` or `RCS`. */
  readonly serviceType: string;
  readonly enabled: boolean;
  /** `connected`, `connecting`, `disconnecting` or `disconnected`. */
  readonly connection: string;
}

/** How Messages is, as far as one question could tell. */
export type AppStatus =
  | { readonly state: 'running'; readonly accounts: readonly Account[] }
  | { readonly state: 'not_running' }
  /** It runs, or may, but did not answer in time. */
  | { readonly state: 'not_responding' }
  /** macOS does not let us ask: the Automation permission is missing. */
  | { readonly state: 'denied'; readonly code: number }
  | { readonly state: 'unknown'; readonly code: number | null };

/** The accounts that Messages has told of; none while it has not. */
export function accountsOf(status: AppStatus): readonly Account[] {
  return status.state === 'running' ? status.accounts : [];
}

export function hasAccount(accounts: readonly Account[], service: Service): boolean {
  return accounts.some((account) => account.enabled && account.serviceType === service);
}

/** Reads the end of the probe script. */
export function classifyProbe(end: ChildEnd): AppStatus {
  switch (end.end) {
    case 'not_started':
    case 'died':
      return { state: 'unknown', code: null };
    case 'killed':
      return end.by === 'deadline' ? { state: 'not_responding' } : { state: 'unknown', code: null };
    case 'exited':
      return end.code === 0 ? parseReport(end.stdout) : failed(errorNumber(end.stderr));
    default:
      return end satisfies never;
  }
}

function failed(code: number | null): AppStatus {
  if (code === null) {
    return { state: 'unknown', code };
  }
  const hint = APPLE_EVENT_ERRORS.get(code)?.status ?? 'unknown';
  switch (hint) {
    case 'not_running':
    case 'not_responding':
      return { state: hint };
    case 'denied':
    case 'unknown':
      return { state: hint, code };
    default:
      return hint satisfies never;
  }
}

const ACCOUNT = /^account: ([^\t]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)$/u;

function parseReport(stdout: string): AppStatus {
  const lines = stdout.split(/\r\n|\n|\r/u);
  if (lines.includes('running: false')) {
    return { state: 'not_running' };
  }
  if (!lines.includes('running: true')) {
    return { state: 'unknown', code: null };
  }
  const accounts = lines.flatMap((line): Account[] => {
    const [, id, serviceType, enabled, connection] = ACCOUNT.exec(line) ?? [];
    return id === undefined || serviceType === undefined || connection === undefined
      ? []
      : [{ id, serviceType, enabled: enabled === 'true', connection: connection.trim() }];
  });
  return { state: 'running', accounts };
}
