import type { LimitOverrides } from '../../src/config/index.ts';

/** Each rule with numbers so loose that what leaves under them passes a window: a checker that is worth it objects. */
export const BREAKS = {
  throughput: { throughput: { gap_seconds: 0.2 } },
  pair_rate_limit: { pair_rate_limit: { limit: 90 } },
  server_daily_limit: { server_daily_limit: { limit: 1_000_000 } },
  recipient_opted_out: { recipient_opted_out: { enabled: false } },
  burst_limit: { burst_limit: { enabled: false } },
  new_conversation_limit: { new_conversation_limit: { per_day: 90 } },
  new_conversations_per_hour: { new_conversation_limit: { per_hour: 90 } },
  reach_out_limit: { reach_out_limit: { limit: 5_000 } },
  unanswered_limit: { unanswered_limit: { limit: 50 }, recipient_cooling_down: { limit: 50, gap_hours: 1 } },
  recipient_cooling_down: { recipient_cooling_down: { limit: 50, gap_hours: 1 } },
  ratio_limit: { ratio_limit: { refuse_above: 1_000, pace_above: null, warn_above: null } },
  duplicate_content: { duplicate_content: { limit: 5_000, warn_at: null } },
  first_message_content: { first_message_content: { enabled: false } },
  quiet_hours: { quiet_hours: { enabled: false } },
  line_warming_up: { line_warming_up: { enabled: false } },
  response_rate: { response_rate: { enabled: false } },
  contact_first: { contact_first: { enabled: false } },
} as const satisfies Readonly<Record<string, LimitOverrides>>;

export function isBreakable(name: string): name is keyof typeof BREAKS {
  return Object.hasOwn(BREAKS, name);
}
