import type { Instant } from '../domain/index.ts';
import type { Finding } from './to-warnings.ts';
import { WARNINGS, type Definition, type WarningCode } from './warnings.ts';

const DEFINITIONS: Readonly<Record<WarningCode, Definition>> = WARNINGS;
/** Nobody looked for so long: the Mac slept, and what was found before has not lasted through it. */
const ASLEEP_MS = 10_000;

/**
 * Which findings are told: those that have been found long enough, and that are no mere consequence of others. A cause
 * hides what follows from it from the moment it is found, so that the consequence is not told first.
 */
export class Visibility {
  readonly #since = new Map<WarningCode, number>();
  #lastLookAt: number | null = null;

  visible(findings: readonly Finding[], now: Instant): readonly Finding[] {
    this.#leaveOutSleep(now);
    const found = new Set(findings.map(({ code }) => code));
    for (const code of this.#since.keys()) {
      if (!found.has(code)) {
        this.#since.delete(code);
      }
    }
    for (const code of found) {
      this.#since.set(code, this.#since.get(code) ?? now);
    }
    const names: ReadonlySet<string> = found;
    return findings.filter(({ code }) => {
      const { hiddenBy = [], visibleAfterMs = 0 } = DEFINITIONS[code];
      const lasted = now - (this.#since.get(code) ?? now);
      return lasted >= visibleAfterMs && !hiddenBy.some((cause) => names.has(cause));
    });
  }

  /** Also where the clock was set, in either direction. */
  #leaveOutSleep(now: Instant): void {
    const away = now - (this.#lastLookAt ?? now);
    if (away > ASLEEP_MS || away < 0) {
      for (const [code, since] of this.#since) {
        this.#since.set(code, since + away);
      }
    }
    this.#lastLookAt = now;
  }
}
