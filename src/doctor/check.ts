/** One thing that was looked at. */
export interface Check {
  /** Stable: programs go by it. */
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found, as a sentence; never a text or a handle. */
  readonly evidence: string;
  /** What a person can do about it. */
  readonly cure: string | null;
  /** The pane of System Settings where it is done, as `open` takes it. */
  readonly pane: string | null;
}

/** The same without its name: what looking gives. */
export type Found = Omit<Check, 'id' | 'title'>;

export function ok(evidence: string): Found {
  return { status: 'ok', evidence, cure: null, pane: null };
}

export function warn(evidence: string, cure: string, pane: string | null = null): Found {
  return { status: 'warn', evidence, cure, pane };
}

export function fail(evidence: string, cure: string, pane: string | null = null): Found {
  return { status: 'fail', evidence, cure, pane };
}

/** Panes of System Settings (macOS 13 and later; earlier ones open their nearest). */
export const PANES = {
  fullDiskAccess: 'x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles',
  automation: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Automation',
  users: 'x-apple.systempreferences:com.apple.Users-Groups-Settings.extension',
  energy: 'x-apple.systempreferences:com.apple.Energy-Saver-Settings.extension',
  softwareUpdate: 'x-apple.systempreferences:com.apple.Software-Update-Settings.extension',
  dateAndTime: 'x-apple.systempreferences:com.apple.Date-Time-Settings.extension',
} as const;
