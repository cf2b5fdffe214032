import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Makes a commander action of a command's work: gives it the session, and takes its exit code. */
export type Act = <A extends unknown[]>(
  work: (session: Session, ...args: A) => Promise<ExitCode>,
) => (...args: A) => Promise<void>;
