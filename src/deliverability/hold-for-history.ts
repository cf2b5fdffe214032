import { instant, type Instant } from '../domain/index.ts';
import type { Limits } from './limits.ts';
import type { SeedProgress } from './seed-ledger.ts';
import type { Stage, Verdict } from './send.ts';

/** When a send that waits for history is asked about again. */
const RETRY_MS = 1_000;

/**
 * At the first start the ledger does not know yet whom the account knows. Until the last week has been read nothing is
 * sent, and until all has been read nothing but replies: a stranger may turn out to be a customer of years, and a
 * customer to have written STOP.
 */
export function holdForHistory(
  verdict: Verdict,
  asked: {
    readonly at: Instant;
    readonly stage: Stage;
    readonly limits: Limits;
    readonly progress: SeedProgress;
  },
): Verdict {
  const { at, stage, limits, progress } = asked;
  const isFree = verdict.standing === 'reply' || stage === 'continue';
  const isRead = progress.phase === 'done' || (progress.phase === 'all' && isFree);
  const isGuarded = Object.values(limits.rules).some(({ enabled }) => enabled);
  // More history takes back neither of these.
  const isCertain =
    verdict.kind === 'refuse' && (verdict.rule === 'line_paused' || verdict.rule === 'recipient_opted_out');
  if (isRead || !isGuarded || isCertain) {
    return verdict;
  }
  return {
    limits: verdict.limits,
    standing: verdict.standing,
    warnings: verdict.warnings,
    kind: 'defer',
    rule: 'history_unread',
    until: instant(at + RETRY_MS),
    numbers: null,
  };
}
