import { instant, type BridgeEvent, type Handle, type Instant, type Reputation } from '../domain/index.ts';
import type { LimitRules } from '../config/index.ts';
import type { AccountFigures } from './facts.ts';
import type { GuardLine } from './guard-line.ts';
import { stateOf } from './guard-line.ts';
import { lackOfDiversity } from './rules/diversity.ts';
import { responsePercent } from './rules/response-rate.ts';
import { crossed, type Signal } from './signals.ts';

const DAY_MS = 86_400_000;
/** What the reason of a flag begins with that signals set: they may clear it again, a person's they may not. */
const BY_SIGNALS = 'signals: ';

/** What a look at the line led to: how it stands now, and what is to be told. */
export interface Review {
  readonly line: Omit<GuardLine, 'state'>;
  readonly events: readonly BridgeEvent[];
  readonly isNewlyFlagged: boolean;
}

/**
 * Judges the line by its signals. A hard one past its bounds flags the line, and after a day without any
 * the flag goes again; two of them are critical besides: no
 * outreach for 24 hours from the last look that found them, then a ramp.
 */
export function reviewLine(input: {
  readonly at: Instant;
  readonly line: GuardLine;
  readonly label: Handle | null;
  readonly signals: readonly Signal[];
  readonly figures: AccountFigures;
  readonly rules: LimitRules;
}): Review {
  const { at, line, label, rules } = input;
  const past = rules.line_flagged.enabled ? crossed(input.signals, rules.line_flagged) : [];
  const hard = past.filter(({ isHard }) => isHard);
  const names: string[] = past.map(({ name }) => name);
  if (isColdAndNarrow(input.figures, rules)) {
    names.push('response_rate', 'diversity');
  }
  const events: BridgeEvent[] = [];

  const isHeld = line.heldUntil !== null && at < line.heldUntil;
  const isCritical = hard.length > 1 || isHeld;
  const reputation: Reputation = isCritical ? 'critical' : names.length > 0 ? 'at_risk' : 'healthy';
  const heldUntil = hard.length > 1 ? instant(at + DAY_MS) : isHeld ? line.heldUntil : null;
  const rampFrom = line.heldUntil !== null && heldUntil === null ? line.heldUntil : line.rampFrom;
  if (reputation !== line.reputation) {
    events.push({
      type: 'line.reputation_changed',
      line: label,
      reputation,
      previous: line.reputation,
      signals: names,
    });
  }

  const isNewlyFlagged = hard.length > 0 && line.flagged === null;
  const isOver =
    hard.length === 0 &&
    line.flagged !== null &&
    line.flagged.reason.startsWith(BY_SIGNALS) &&
    at >= line.flagged.at + DAY_MS;
  const raised = { at, reason: BY_SIGNALS + hard.map(({ name }) => name).join(', ') };
  const flagged = isNewlyFlagged ? raised : isOver ? null : line.flagged;
  const next = { ...line, reputation, heldUntil, rampFrom: isOver ? at : rampFrom, flagged };
  const state = stateOf(next);
  if (state !== line.state) {
    events.push({
      type: 'line.state_changed',
      line: label,
      state,
      previous: line.state,
      reason: isOver ? 'the signals are back to what is usual' : (flagged?.reason ?? null),
      reportAt: isNewlyFlagged ? at : null,
    });
  }
  return { line: next, events, isNewlyFlagged };
}

/** Few answer, and those written to are nearly all new, or nearly none: together they are what Apple looks for. */
function isColdAndNarrow(figures: AccountFigures, rules: LimitRules): boolean {
  const { response_rate: response, diversity } = rules;
  if (!response.enabled || !diversity.enabled) {
    return false;
  }
  const rate = responsePercent(figures, response.min_contacts);
  return rate !== null && rate < response.percent && lackOfDiversity(figures, diversity) !== null;
}
