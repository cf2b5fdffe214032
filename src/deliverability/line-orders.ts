import type { BridgeEvent, Handle, Instant } from '../domain/index.ts';
import { stateOf, type GuardLine, type GuardLineRow } from './guard-line.ts';

/** What people, controllers and the app's own state do to a line. */
export type LineOrder =
  | { readonly do: 'pause'; readonly reason: string }
  | { readonly do: 'resume'; readonly reason: string | null }
  | { readonly do: 'flag'; readonly reason: string }
  | { readonly do: 'clear_flag'; readonly reason: string | null }
  | { readonly do: 'offline' }
  | { readonly do: 'online' };

/**
 * The line after an order, and the event of it where its state is another now. A flag that is cleared starts a ramp,
 * and with it the signals' memory: what was bad before does not flag it again.
 */
export function carryOut(
  row: GuardLineRow,
  order: LineOrder,
  at: Instant,
  label: Handle | null,
): { readonly event: BridgeEvent | null; readonly isNewlyFlagged: boolean } {
  const before = row.read();
  const next = after(before, order, at);
  row.save(next);
  const state = stateOf(next);
  const isNewlyFlagged = before.flagged === null && next.flagged !== null;
  return {
    isNewlyFlagged,
    event:
      state === before.state
        ? null
        : {
            type: 'line.state_changed',
            line: label,
            state,
            previous: before.state,
            reason: 'reason' in order ? order.reason : null,
            reportAt: isNewlyFlagged && state === 'flagged' ? at : null,
          },
  };
}

function after(line: GuardLine, order: LineOrder, at: Instant): GuardLine {
  switch (order.do) {
    case 'pause':
      return { ...line, paused: line.paused ?? { at, reason: order.reason } };
    case 'resume':
      return { ...line, paused: null };
    case 'flag':
      return { ...line, flagged: line.flagged ?? { at, reason: order.reason } };
    case 'clear_flag':
      return line.flagged === null
        ? line
        : { ...line, flagged: null, heldUntil: null, reputation: 'healthy', rampFrom: at };
    case 'offline':
      return { ...line, isOffline: true };
    case 'online':
      return { ...line, isOffline: false };
    default:
      return order satisfies never;
  }
}
