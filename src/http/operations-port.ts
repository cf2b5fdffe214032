import type { WireDiagnosis, WireErasure } from '../contract/index.ts';
import type { Handle } from '../domain/index.ts';
import type { LogLevel, LogState } from '../runtime/index.ts';

/** What an operator asks of the daemon itself. */
export interface OperationsPort {
  /** Looks at everything that a line depends on; takes some seconds. Never rejects. */
  diagnose(): Promise<WireDiagnosis>;
  /** Erases what was said with a contact, and says what that was. */
  forget(contact: Handle): Promise<WireErasure>;
  logSettings(): LogState;
  /** `forMs` null: until the end of the process. */
  setLogLevel(level: LogLevel, forMs: number | null): LogState;
}
