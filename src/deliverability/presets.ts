import type { LimitRules, PresetName } from '../config/index.ts';

/** Requests that one API key may make in an hour; `null` is no limit. */
export interface RequestLimits {
  readonly onLoopback: number | null;
  readonly elsewhere: number | null;
}

export interface Preset {
  readonly rules: LimitRules;
  readonly requestsPerHour: RequestLimits;
}

/** A rule that is off keeps the numbers of `balanced`, so that `enabled: true` alone switches it on. */
const balanced: LimitRules = {
  throughput: { enabled: true, gap_seconds: 1 },
  pair_rate_limit: { enabled: true, limit: 30, window_seconds: 60, counts: 'both' },
  server_daily_limit: { enabled: true, limit: 5_000 },
  recipient_opted_out: {
    enabled: true,
    stop_words: ['stop', 'unsubscribe', 'optout', 'opt out', 'cancel', 'end', 'quit'],
    start_words: ['start', 'optin', 'opt in', 'unstop'],
  },
  burst_limit: { enabled: true, pace_from: 30, refuse_from: 60 },
  contact_first: { enabled: false },
  new_conversation_limit: { enabled: true, per_day: 50, per_hour: 15 },
  cold_outreach: { enabled: true, action: 'warn' },
  reach_out_limit: { enabled: true, limit: 200 },
  unanswered_limit: { enabled: true, warn_at: 3, limit: 5, unit: 'messages' },
  recipient_cooling_down: { enabled: true, limit: 3, gap_hours: 24 },
  ratio_limit: {
    enabled: true,
    min_sends: 20,
    warn_above: 3,
    pace_above: 6,
    refuse_above: 10,
    pace_gap_seconds: 60,
  },
  response_rate: {
    enabled: true,
    percent: 15,
    min_contacts: 20,
    min_wait_minutes: 1,
    max_wait_minutes: 30,
  },
  diversity: { enabled: true, sends: 200, contacts: 5, new_percent: 80, min_contacts: 10 },
  duplicate_content: { enabled: true, warn_at: 10, limit: 50 },
  first_message_content: { enabled: true },
  quiet_hours: { enabled: true, from: '21:00', to: '08:00', spread_minutes: 15 },
  line_warming_up: {
    enabled: true,
    steps: [
      { through_day: 2, percent: 10 },
      { through_day: 6, percent: 25 },
      { through_day: 10, percent: 50 },
      { through_day: 14, percent: 75 },
    ],
    mean_factor: 3,
    idle_days: 30,
  },
  inbound_contacts: { enabled: true, limit: 1_000 },
  line_idle: { enabled: true, warn_days: 30, alarm_days: 45 },
  line_flagged: { enabled: true, factor: 3, min_samples: 10 },
};

const off = <T extends { enabled: boolean }>(rule: T): T => ({ ...rule, enabled: false });

const messagesDev: LimitRules = {
  ...balanced,
  server_daily_limit: off(balanced.server_daily_limit),
  burst_limit: off(balanced.burst_limit),
  contact_first: { enabled: true },
  new_conversation_limit: off(balanced.new_conversation_limit),
  cold_outreach: off(balanced.cold_outreach),
  unanswered_limit: { ...balanced.unanswered_limit, warn_at: null },
  recipient_cooling_down: off(balanced.recipient_cooling_down),
  ratio_limit: { ...balanced.ratio_limit, warn_above: null, pace_above: null },
  response_rate: off(balanced.response_rate),
  diversity: off(balanced.diversity),
  duplicate_content: off(balanced.duplicate_content),
  first_message_content: off(balanced.first_message_content),
  quiet_hours: off(balanced.quiet_hours),
};

const photon: LimitRules = {
  ...balanced,
  burst_limit: { enabled: true, pace_from: null, refuse_from: 100 },
  new_conversation_limit: { ...balanced.new_conversation_limit, per_hour: null },
  reach_out_limit: off(balanced.reach_out_limit),
  unanswered_limit: { enabled: true, warn_at: null, limit: 3, unit: 'follow_ups' },
  ratio_limit: off(balanced.ratio_limit),
  response_rate: off(balanced.response_rate),
  diversity: off(balanced.diversity),
  duplicate_content: off(balanced.duplicate_content),
  inbound_contacts: off(balanced.inbound_contacts),
};

const strict: LimitRules = {
  ...balanced,
  throughput: { enabled: true, gap_seconds: 2 },
  pair_rate_limit: { ...balanced.pair_rate_limit, limit: 20 },
  server_daily_limit: { enabled: true, limit: 2_500 },
  burst_limit: { enabled: true, pace_from: 15, refuse_from: null },
  contact_first: { enabled: true },
  new_conversation_limit: off(balanced.new_conversation_limit),
  cold_outreach: { enabled: true, action: 'stop' },
  reach_out_limit: { enabled: true, limit: 100 },
  unanswered_limit: { ...balanced.unanswered_limit, warn_at: null, limit: 3 },
  recipient_cooling_down: { enabled: true, limit: 2, gap_hours: 48 },
  ratio_limit: { ...balanced.ratio_limit, warn_above: 2, pace_above: null, refuse_above: 4 },
  response_rate: { ...balanced.response_rate, percent: 30 },
  duplicate_content: { enabled: true, warn_at: 5, limit: 20 },
  quiet_hours: { ...balanced.quiet_hours, from: '20:00', to: '09:00' },
  inbound_contacts: { enabled: true, limit: 500 },
};

const none: LimitRules = {
  throughput: off(balanced.throughput),
  pair_rate_limit: off(balanced.pair_rate_limit),
  server_daily_limit: off(balanced.server_daily_limit),
  recipient_opted_out: off(balanced.recipient_opted_out),
  burst_limit: off(balanced.burst_limit),
  contact_first: off(balanced.contact_first),
  new_conversation_limit: off(balanced.new_conversation_limit),
  cold_outreach: off(balanced.cold_outreach),
  reach_out_limit: off(balanced.reach_out_limit),
  unanswered_limit: off(balanced.unanswered_limit),
  recipient_cooling_down: off(balanced.recipient_cooling_down),
  ratio_limit: off(balanced.ratio_limit),
  response_rate: off(balanced.response_rate),
  diversity: off(balanced.diversity),
  duplicate_content: off(balanced.duplicate_content),
  first_message_content: off(balanced.first_message_content),
  quiet_hours: off(balanced.quiet_hours),
  line_warming_up: off(balanced.line_warming_up),
  inbound_contacts: off(balanced.inbound_contacts),
  line_idle: off(balanced.line_idle),
  line_flagged: off(balanced.line_flagged),
};

/**
 * The numbers of each preset. Those of `messages_dev` and `photon` are the vendors' own; of the others, what no vendor
 * publishes is our choice.
 */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  balanced: { rules: balanced, requestsPerHour: { onLoopback: null, elsewhere: 1_000 } },
  messages_dev: { rules: messagesDev, requestsPerHour: { onLoopback: 1_000, elsewhere: 1_000 } },
  photon: { rules: photon, requestsPerHour: { onLoopback: null, elsewhere: 1_000 } },
  strict: { rules: strict, requestsPerHour: { onLoopback: 1_000, elsewhere: 1_000 } },
  off: { rules: none, requestsPerHour: { onLoopback: null, elsewhere: null } },
};
