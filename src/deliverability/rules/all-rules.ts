import type { LimitRules } from '../../config/index.ts';
import type { RuleCode } from '../send.ts';
import { burstLimit } from './burst-limit.ts';
import { coldOutreach } from './cold-outreach.ts';
import { contactFirst } from './contact-first.ts';
import { diversity } from './diversity.ts';
import { duplicateContent } from './duplicate-content.ts';
import { firstMessageContent } from './first-message-content.ts';
import { inboundContacts } from './inbound-contacts.ts';
import { lineFlagged } from './line-flagged.ts';
import { lineIdle } from './line-idle.ts';
import { lineWarmingUp } from './line-warming-up.ts';
import { newConversationLimit } from './new-conversation-limit.ts';
import { pairRateLimit } from './pair-rate-limit.ts';
import { quietHours } from './quiet-hours.ts';
import { ratioLimit } from './ratio-limit.ts';
import { reachOutLimit } from './reach-out-limit.ts';
import { recipientCoolingDown } from './recipient-cooling-down.ts';
import { recipientOptedOut } from './recipient-opted-out.ts';
import { responseRate } from './response-rate.ts';
import type { Rule } from './rule.ts';
import { serverDailyLimit } from './server-daily-limit.ts';
import { throughput } from './throughput.ts';
import { unansweredLimit } from './unanswered-limit.ts';

export type Rules = { readonly [C in RuleCode]: Rule<C> };

/** Every rule under its code. Warming up is a share of other rules' caps, so that one is made for their numbers. */
export function rulesFor(numbers: LimitRules): Rules {
  return {
    recipient_opted_out: recipientOptedOut,
    line_flagged: lineFlagged,
    contact_first: contactFirst,
    cold_outreach: coldOutreach,
    first_message_content: firstMessageContent,
    unanswered_limit: unansweredLimit,
    pair_rate_limit: pairRateLimit,
    server_daily_limit: serverDailyLimit,
    new_conversation_limit: newConversationLimit,
    reach_out_limit: reachOutLimit,
    line_warming_up: lineWarmingUp(numbers),
    recipient_cooling_down: recipientCoolingDown,
    ratio_limit: ratioLimit,
    duplicate_content: duplicateContent,
    burst_limit: burstLimit,
    response_rate: responseRate,
    quiet_hours: quietHours,
    throughput,
    diversity,
    inbound_contacts: inboundContacts,
    line_idle: lineIdle,
  };
}

/** In the order in which a refusal is named: what no waiting cures comes first. */
export const RULE_CODES = [
  'recipient_opted_out',
  'line_flagged',
  'contact_first',
  'cold_outreach',
  'first_message_content',
  'unanswered_limit',
  'pair_rate_limit',
  'server_daily_limit',
  'new_conversation_limit',
  'reach_out_limit',
  'line_warming_up',
  'recipient_cooling_down',
  'ratio_limit',
  'duplicate_content',
  'burst_limit',
  'response_rate',
  'quiet_hours',
  'throughput',
  'diversity',
  'inbound_contacts',
  'line_idle',
] as const satisfies readonly RuleCode[];
