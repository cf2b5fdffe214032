import type { Capabilities, Handle, Instant } from '../domain/index.ts';
import { lineId } from './ids.ts';
import type { WireLine } from './line.ts';

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
    readonly pause: { readonly by: 'operator' | 'unknown_outcomes' | 'failures' } | null;
  },
): WireLine {
  return {
    id: lineId(line.handle),
    handle: line.handle,
    service: line.service,
    is_active: line.isActive,
    last_used_at: line.lastUsedAt ?? undefined,
    ...(line.isActive
      ? {
          state: sending.pause === null ? 'active' : 'paused',
          pause_reason: sending.pause?.by,
          capabilities: sending.capabilities,
        }
      : {}),
  };
}
