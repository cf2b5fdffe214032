import type {
  LoweredRules,
  toWireContactStanding,
  toWireHourReport,
  toWireLine,
  toWireUsage,
  WireLimits,
} from '../contract/index.ts';
import type { ChatKey, Instant } from '../domain/index.ts';

/** What people do to a line. `reason` is theirs, and kept. */
export type LineAct = 'pause' | 'resume' | 'flag' | 'clear';

/** What keeps the account inside its limits, as far as clients see of it. */
export interface GuardPort {
  /** Name of the numbers that hold. */
  readonly preset: string;
  /** Requests that one key may make in an hour: from this machine, and from elsewhere; `null` is no limit. */
  readonly requestsPerHour: { readonly onLoopback: number | null; readonly elsewhere: number | null };
  usage(): Parameters<typeof toWireUsage>[0];
  contact(chat: ChatKey): Parameters<typeof toWireContactStanding>[0];
  /** By which the contact's quiet hours go; `null` leaves it to the number. */
  setTimeZone(chat: ChatKey, zone: string | null): void;
  report(at: Instant): Parameters<typeof toWireHourReport>[0];
  /** How the line that sends stands. */
  line(): Parameters<typeof toWireLine>[1]['guard'];
  order(act: LineAct, reason: string | null): void;
  /** The numbers that hold now. */
  limits(): WireLimits;
  /** Makes limits stricter; takes all of it, or nothing. */
  lower(rules: LoweredRules):
    | { readonly outcome: 'lowered' }
    | {
        readonly outcome: 'refused';
        readonly reason: 'unknown_rule' | 'unknown_number' | 'not_allowed' | 'rule_off' | 'would_raise';
        readonly rule: string;
        readonly number: string | null;
        readonly holds: number | null;
      };
  /** Lets the configuration's own numbers hold again. */
  restore(): void;
}
