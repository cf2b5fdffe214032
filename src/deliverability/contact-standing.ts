import { instant, type Instant } from '../domain/index.ts';
import type { Facts } from './facts.ts';
import type { Standing, Verdict } from './send.ts';

const DAY_MS = 86_400_000;

/** How a contact stands to the account, and whether a plain text to it would be sent now. */
export interface ContactStanding {
  readonly known: boolean;
  /** The contact wrote first. */
  readonly inboundInitiated: boolean;
  /** End of the open window; `null` while none is open. */
  readonly windowExpiresAt: Instant | null;
  readonly unanswered: number;
  readonly optedOut: boolean;
  readonly standing: Standing;
  readonly lastInAt: Instant | null;
  readonly lastOutAt: Instant | null;
  /** As it was set by hand; `null` leaves it to the number. */
  readonly timeZone: string | null;
  readonly verdict: Verdict;
}

export function contactStanding(facts: Facts, verdict: Verdict, timeZone: string | null): ContactStanding {
  const { firstInAt, firstOutAt, lastInAt, lastOutAt, windowFrom, optedOut } = facts.contact;
  return {
    known: firstInAt !== null || firstOutAt !== null,
    inboundInitiated: firstInAt !== null && (firstOutAt === null || firstInAt <= firstOutAt),
    windowExpiresAt: facts.standing === 'reply' && windowFrom !== null ? instant(windowFrom + DAY_MS) : null,
    unanswered: facts.unanswered(),
    optedOut,
    standing: facts.standing,
    lastInAt,
    lastOutAt,
    timeZone,
    verdict,
  };
}
