import { describe, expect, it } from 'vitest';
import type { LimitRules, PresetName } from '../config/index.ts';
import { PRESETS } from './presets.ts';

type Column = 'balanced' | 'messages_dev' | 'photon' | 'strict';
const COLUMNS: readonly Column[] = ['balanced', 'messages_dev', 'photon', 'strict'];

/** Each rule in a word or two, as the table of presets says it; `–` where a preset does not have it. */
const TABLE: Readonly<Record<keyof LimitRules, readonly [string, string, string, string]>> = {
  throughput: ['1 s', '1 s', '1 s', '2 s'],
  pair_rate_limit: ['30 per 60 s', '30 per 60 s', '30 per 60 s', '20 per 60 s'],
  server_daily_limit: ['5000', '–', '5000', '2500'],
  recipient_opted_out: ['words', 'words', 'words', 'words'],
  line_flagged: ['3 x 10', '3 x 10', '3 x 10', '3 x 10'],
  burst_limit: ['pace 30 refuse 60', '–', 'pace – refuse 100', 'pace 15 refuse –'],
  contact_first: ['–', 'on', '–', 'on'],
  new_conversation_limit: ['50 per day, 15 per hour', '–', '50 per day, – per hour', '–'],
  cold_outreach: ['warn', '–', 'warn', 'stop'],
  reach_out_limit: ['200', '200', '–', '100'],
  unanswered_limit: [
    'warn 3, 5 messages',
    'warn –, 5 messages',
    'warn –, 3 follow_ups',
    'warn –, 3 messages',
  ],
  recipient_cooling_down: ['3, 24 h', '–', '3, 24 h', '2, 48 h'],
  ratio_limit: ['3 6 10', '– – 10', '–', '2 – 4'],
  response_rate: ['15 %, 1–30 min', '–', '–', '30 %, 1–30 min'],
  diversity: ['200 to 5, 80 %', '–', '–', '200 to 5, 80 %'],
  duplicate_content: ['10 50', '–', '–', '5 20'],
  first_message_content: ['refuse', '–', 'refuse', 'refuse'],
  quiet_hours: ['21:00–08:00', '–', '21:00–08:00', '20:00–09:00'],
  line_warming_up: [ramp(), ramp(), ramp(), ramp()],
  inbound_contacts: ['1000', '1000', '–', '500'],
  line_idle: ['30 45', '30 45', '30 45', '30 45'],
};

function ramp(): string {
  return '2:10 6:25 10:50 14:75, 3 x mean, idle 30';
}

const dash = (value: number | null): string => (value === null ? '–' : String(value));

const SAID: { readonly [C in keyof LimitRules]: (numbers: LimitRules[C]) => string } = {
  throughput: (n) => `${n.gap_seconds} s`,
  pair_rate_limit: (n) => `${n.limit} per ${n.window_seconds} s`,
  server_daily_limit: (n) => String(n.limit),
  recipient_opted_out: (n) =>
    n.stop_words.includes('stop') && n.start_words.includes('start') ? 'words' : 'no words',
  line_flagged: (n) => `${n.factor} x ${n.min_samples}`,
  burst_limit: (n) => `pace ${dash(n.pace_from)} refuse ${dash(n.refuse_from)}`,
  contact_first: () => 'on',
  new_conversation_limit: (n) => `${dash(n.per_day)} per day, ${dash(n.per_hour)} per hour`,
  cold_outreach: (n) => n.action,
  reach_out_limit: (n) => String(n.limit),
  unanswered_limit: (n) => `warn ${dash(n.warn_at)}, ${n.limit} ${n.unit}`,
  recipient_cooling_down: (n) => `${n.limit}, ${n.gap_hours} h`,
  ratio_limit: (n) => `${dash(n.warn_above)} ${dash(n.pace_above)} ${dash(n.refuse_above)}`,
  response_rate: (n) => `${n.percent} %, ${n.min_wait_minutes}–${n.max_wait_minutes} min`,
  diversity: (n) => `${n.sends} to ${n.contacts}, ${n.new_percent} %`,
  duplicate_content: (n) => `${dash(n.warn_at)} ${n.limit}`,
  first_message_content: () => 'refuse',
  quiet_hours: (n) => `${n.from}–${n.to}`,
  line_warming_up: (n) =>
    `${n.steps.map((step) => `${step.through_day}:${step.percent}`).join(' ')}, ${dash(n.mean_factor)} x mean, idle ${n.idle_days}`,
  inbound_contacts: (n) => String(n.limit),
  line_idle: (n) => `${n.warn_days} ${n.alarm_days}`,
};

function sayAll<C extends keyof LimitRules>(code: C, rules: Pick<LimitRules, C>): string {
  const numbers = rules[code];
  return numbers.enabled ? SAID[code](numbers) : '–';
}

function said(preset: PresetName, code: keyof LimitRules): string {
  return sayAll(code, PRESETS[preset].rules);
}

const CODES = Object.keys(TABLE).filter((code): code is keyof LimitRules => code in PRESETS.balanced.rules);

describe('presets', () => {
  it.each(CODES)('have the numbers of the table for %s', (code) => {
    expect(COLUMNS.map((preset) => said(preset, code))).toEqual(TABLE[code]);
  });

  it('have no rule that the table lacks', () => {
    expect(Object.keys(PRESETS.balanced.rules).toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  it('limit the requests of a key as the table says', () => {
    expect(COLUMNS.map((preset) => PRESETS[preset].requestsPerHour)).toEqual([
      { onLoopback: null, elsewhere: 1_000 },
      { onLoopback: 1_000, elsewhere: 1_000 },
      { onLoopback: null, elsewhere: 1_000 },
      { onLoopback: 1_000, elsewhere: 1_000 },
    ]);
  });

  it('have in `off` not one rule on', () => {
    expect(CODES.filter((code) => said('off', code) !== '–')).toEqual([]);
    expect(PRESETS.off.requestsPerHour).toEqual({ onLoopback: null, elsewhere: null });
  });
});
