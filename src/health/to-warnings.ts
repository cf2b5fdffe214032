import { WARNINGS, type Definition, type Severity, type WarningCode } from './warnings.ts';

/** A warning that holds now, as `/health` lists it. */
export interface Warning {
  readonly code: WarningCode;
  readonly severity: Severity;
  readonly text: string;
  readonly action: string;
}

/** One found condition; `detail` is a sentence with the figures of the case, never a text or a handle. */
export interface Finding {
  readonly code: WarningCode;
  readonly detail?: string;
}

/** The findings as warnings: each code once (the first detail counts, whoever gives it), in the order of the table. */
export function toWarnings(findings: readonly Finding[]): readonly Warning[] {
  if (findings.length === 0) {
    // Nearly always: and it is asked each second.
    return [];
  }
  const telling = new Map<string, Finding>();
  for (const finding of findings) {
    if (telling.get(finding.code)?.detail === undefined) {
      telling.set(finding.code, finding);
    }
  }
  return Object.entries<Definition>(WARNINGS).flatMap(([key, { severity, text, action }]) => {
    const finding = telling.get(key);
    if (finding === undefined) {
      return [];
    }
    const detail = finding.detail === undefined ? '' : ` ${finding.detail}`;
    return [{ code: finding.code, severity, text: `${text}${detail}`, action }];
  });
}
