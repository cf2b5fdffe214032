import type { Readable } from 'node:stream';

/** Where output goes. `columns` is known of terminals only. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** All that a command has of its process; tests put their own in its place. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined; readonly fd?: number };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Aborts when the person presses Ctrl-C, or the system asks for the end. */
  readonly signal: AbortSignal;
}

export type Environment = Readonly<Record<string, string | undefined>>;
