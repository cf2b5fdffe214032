import { CLOSE_CODES } from '../contract/index.ts';
import { backoffMs } from '../runtime/index.ts';
import type { LinkProblem } from './link-status.ts';

/** How one connection ended, and what that asks of the next. */
export type LinkEnding =
  | { readonly end: 'lost'; readonly problem: LinkProblem }
  /** The controller asks for time. */
  | { readonly end: 'busy'; readonly problem: LinkProblem; readonly waitMs: number }
  /** Another try with the same words will hardly fare better: a person has to look. */
  | { readonly end: 'refused'; readonly problem: LinkProblem };

const LOST = { firstMs: 500, limitMs: 30_000, jitter: 0.5 };
const REFUSED = { firstMs: 15_000, limitMs: 300_000, jitter: 0.3 };
const BUSY_MS = 5_000;
/** A controller may ask for no more than this; after it the link is worth a try whatever was said. */
const MAX_WAIT_MS = 600_000;

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [CLOSE_CODES.unauthenticated, 'the token is wrong'],
  [CLOSE_CODES.forbidden, 'this bridge is not allowed'],
  [CLOSE_CODES.bridgeIdInUse, 'another daemon is connected under this bridge id'],
  [CLOSE_CODES.badFrame, 'it does not understand what this bridge says'],
]);

/** What a close frame, or a connection that went away without one (1006), means. */
export function endingOfClose(code: number, reason: string): LinkEnding {
  const refusal = REFUSALS.get(code);
  const said = plainWords(reason);
  if (refusal !== undefined) {
    return {
      end: 'refused',
      problem: { kind: 'refused', reason: said === '' ? refusal : `${refusal} (${said})` },
    };
  }
  const problem = { kind: 'unreachable', reason: said === '' ? `closed_${code}` : said } as const;
  return code === CLOSE_CODES.tryAgainLater
    ? { end: 'busy', problem, waitMs: BUSY_MS }
    : { end: 'lost', problem };
}

/** What an answer means that is no WebSocket. @param retryAfter the header, in seconds */
export function endingOfStatus(status: number, retryAfter: string | undefined): LinkEnding {
  if (status === 401 || status === 403 || status === 409) {
    const code = {
      401: CLOSE_CODES.unauthenticated,
      403: CLOSE_CODES.forbidden,
      409: CLOSE_CODES.bridgeIdInUse,
    };
    return endingOfClose(code[status], '');
  }
  const problem = { kind: 'unreachable', reason: `status_${status}` } as const;
  const seconds = /^\d{1,9}$/u.test(retryAfter ?? '') ? Number(retryAfter) : null;
  return status === 429 || status === 503
    ? { end: 'busy', problem, waitMs: Math.min(MAX_WAIT_MS, seconds === null ? BUSY_MS : seconds * 1000) }
    : { end: 'lost', problem };
}

/** How long to wait before try number `attempt` (1 is the first), with jitter, so that a fleet does not come at once. */
export function waitBefore(attempt: number, ending: LinkEnding): number {
  switch (ending.end) {
    case 'lost':
      return backoffMs(attempt, LOST);
    case 'busy':
      return Math.max(ending.waitMs, backoffMs(attempt, LOST));
    case 'refused':
      return backoffMs(attempt, REFUSED);
    default:
      return ending satisfies never;
  }
}

/** What somebody else said, fit to be shown: it goes into health. */
function plainWords(text: string): string {
  return text
    .replaceAll(/[^\w .,:;'()-]/gu, ' ')
    .trim()
    .slice(0, 120);
}
