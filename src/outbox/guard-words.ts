import type { Cure, Verdict } from '../deliverability/index.ts';
import type { LimitHit, Refusal } from '../domain/index.ts';

/** What a person can do about it, where time alone does not help. */
const CURES: Readonly<Record<Cure, string>> = {
  contact_writes: 'It passes once the contact has written.',
  contact_writes_start: 'It passes once the contact has written START.',
  resume_line: 'It passes once the line is resumed.',
  clear_flag: "It passes once the line's flag is cleared.",
  remove_link_or_file: 'It passes without links and files, or once the contact has written.',
  give_opt_in: 'It passes with `opt_in`, which says where and when the contact agreed to it.',
  fewer_messages: 'It passes with fewer messages at once.',
};

/** The limit that a verdict names, with its numbers. */
export function limitHit(verdict: Extract<Verdict, { kind: 'refuse' | 'defer' }>): LimitHit {
  const { rule, numbers } = verdict;
  return {
    rule,
    used: numbers?.used ?? null,
    limit: numbers?.limit ?? null,
    windowSeconds: numbers?.windowSeconds ?? null,
  };
}

/** A refusing verdict in words. */
export function refusalOf(verdict: Extract<Verdict, { kind: 'refuse' }>): Refusal {
  const { rule, retryAt, cure } = verdict;
  const hit = limitHit(verdict);
  const used = hit.used === null || hit.limit === null ? '' : `: ${hit.used} of ${hit.limit} are used`;
  const within = hit.windowSeconds === null ? '' : ` within ${spanOf(hit.windowSeconds)}`;
  const when = retryAt === null ? '' : ` It passes from ${new Date(retryAt).toISOString()} on.`;
  return {
    code: rule,
    message: `The rule ${rule} refuses it${used}${within}.${when}${cure === null ? '' : ` ${CURES[cure]}`}`,
    limit: hit,
    retryAt,
  };
}

function spanOf(seconds: number): string {
  if (seconds % 86_400 === 0) {
    return `${seconds / 86_400} d`;
  }
  return seconds % 3_600 === 0 ? `${seconds / 3_600} h` : `${seconds} s`;
}
