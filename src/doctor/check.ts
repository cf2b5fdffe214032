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
