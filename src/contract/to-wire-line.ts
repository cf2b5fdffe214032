import type { Handle, Instant } from '../domain/index.ts';
import { lineId } from './ids.ts';
import type { WireLine } from './line.ts';

export function toWireLine(line: {
  readonly handle: Handle;
  readonly isActive: boolean;
  readonly service: 'imessage' | 'sms' | 'auto';
  readonly lastUsedAt: Instant | null;
}): WireLine {
  return {
    id: lineId(line.handle),
    handle: line.handle,
    service: line.service,
    is_active: line.isActive,
    last_used_at: line.lastUsedAt ?? undefined,
  };
}
