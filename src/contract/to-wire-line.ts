import type { Capabilities, Handle, Instant, LineState, Reputation } from '../domain/index.ts';
import { lineId } from './ids.ts';
import type { WireLine } from './line.ts';
import { roundedShare, toWireWarmUp, type UsageFacts } from './limits/usage.ts';

/** How the line that can be sent from stands, as the guard says it. */
export interface LineFacts {
  readonly state: LineState;
  readonly reputation: Reputation;
  readonly paused: { readonly at: Instant; readonly reason: string } | null;
  readonly flagged: { readonly at: Instant; readonly reason: string } | null;
  readonly usage: Pick<UsageFacts, 'utilization' | 'acceptsNewContacts' | 'reason' | 'warmUp'>;
}

/** @param sending how the line that can be sent from stands */
export function toWireLine(
  line: {
    readonly handle: Handle;
    readonly isActive: boolean;
    readonly service: 'imessage' | 'sms' | 'auto';
    readonly lastUsedAt: Instant | null;
  },
  sending: {
    readonly capabilities: Capabilities;
    /** Why nothing goes out, whoever stopped it. */
    readonly pause: { readonly by: 'operator' | 'unknown_outcomes' | 'failures' } | null;
    readonly guard: LineFacts;
  },
): WireLine {
  return {
    id: lineId(line.handle),
    handle: line.handle,
    service: line.service,
    is_active: line.isActive,
    last_used_at: line.lastUsedAt ?? undefined,
    ...(line.isActive ? { ...standingOf(sending), capabilities: sending.capabilities } : {}),
  };
}

function standingOf({ pause, guard }: Parameters<typeof toWireLine>[1]): Partial<WireLine> {
  const { usage } = guard;
  const state = pause === null ? guard.state : 'paused';
  const since = state === 'paused' ? guard.paused : state === 'flagged' ? guard.flagged : null;
  return {
    state,
    pause_reason: pause?.by ?? (state === 'paused' ? 'operator' : undefined),
    state_reason: since?.reason,
    state_since: since?.at,
    reputation: guard.reputation,
    utilization: roundedShare(usage.utilization),
    accepts_new_contacts: usage.acceptsNewContacts,
    limited_by: usage.reason ?? undefined,
    warmup: toWireWarmUp(usage.warmUp),
  };
}
