import type { Clock } from '../runtime/index.ts';
import type { GuardPort } from './guard-port.ts';

/** What tests set and see of the guard. */
export interface GuardRoom {
  isPaused: boolean;
  /** What it has been told of the line. */
  readonly orders: (readonly [act: string, reason: string | null])[];
  usage: ReturnType<GuardPort['usage']>['entries'];
  timeZone: string | null;
  lowered: ReturnType<GuardPort['limits']>['lowered'] | null;
}

export const ALLOWED = {
  kind: 'allow',
  limits: 'balanced/00000000',
  standing: 'reply',
  warnings: [],
} as const;

export function fakeGuard(rooms: GuardRoom, clock: Clock): GuardPort {
  const usage = (): ReturnType<GuardPort['usage']> => ({
    limits: 'balanced/00000000',
    at: clock.now(),
    entries: rooms.usage,
    utilization: 0.5,
    acceptsNewContacts: true,
    reason: null,
    warmUp: null,
    lowered: null,
  });
  return {
    preset: 'balanced',
    requestsPerHour: { onLoopback: null, elsewhere: 1_000 },
    usage,
    contact: () => ({
      known: false,
      inboundInitiated: false,
      windowExpiresAt: null,
      unanswered: 0,
      optedOut: false,
      standing: 'new_conversation',
      lastInAt: null,
      lastOutAt: null,
      timeZone: rooms.timeZone,
      verdict: ALLOWED,
    }),
    setTimeZone: (_chat, zone) => {
      rooms.timeZone = zone;
    },
    report: (at) => ({
      at,
      sends: 0,
      inbound: 0,
      byPerson: 0,
      sendsPerMinute: [],
      newContacts: 0,
      reachOuts: 0,
      contacts: 0,
      unansweredContacts: 0,
      ratio: null,
      duplicates: 0,
      deliveryMs: { p50: 0, p95: 0, samples: 0 },
      failures: 0,
      causes: [],
    }),
    line: () => ({
      state: rooms.isPaused ? 'paused' : 'active',
      reputation: 'healthy',
      paused: null,
      flagged: null,
      usage: usage(),
    }),
    order: (act, reason) => {
      rooms.orders.push([act, reason]);
      rooms.isPaused = act === 'pause' || (rooms.isPaused && act !== 'resume');
    },
    limits: () => ({ preset: 'balanced', version: 'balanced/00000000', lowered: rooms.lowered ?? undefined }),
    lower: (rules) => {
      const limit = rules['reach_out_limit']?.['limit'];
      if (limit === undefined || limit === true) {
        return { outcome: 'refused', reason: 'unknown_rule', rule: 'x', number: null, holds: null };
      }
      if (limit > 200) {
        return {
          outcome: 'refused',
          reason: 'would_raise',
          rule: 'reach_out_limit',
          number: 'limit',
          holds: 200,
        };
      }
      rooms.lowered = rules;
      return { outcome: 'lowered' };
    },
    restore: () => {
      rooms.lowered = null;
    },
  };
}
