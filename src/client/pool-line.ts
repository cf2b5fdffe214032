import { lineSchema, type WireLine, type WireUsage } from '../contract/index.ts';
import type { BridgeView } from './bridge-record.ts';

/** A line of some bridge, as far as a pool looks at it. */
export interface PoolLine {
  readonly bridgeId: string;
  readonly lineId: string;
  readonly handle: string;
  /** Its bridge has said something within three beats. */
  readonly isOnline: boolean;
  readonly state: 'active' | 'paused' | 'flagged' | 'offline';
  readonly reputation: 'healthy' | 'at_risk' | 'critical';
  /** The highest used ÷ limit over the caps; 1 is full. */
  readonly utilization: number;
  readonly acceptsNewContacts: boolean;
  /** New conversations left today; `null` where nothing limits them. */
  readonly newContactsLeft: number | null;
  /** Share of its caps that a young line may use; 1 for one that is warm. */
  readonly warmUp: number;
  readonly lastUsedAt: number | null;
  /** When its limits were counted; Unix ms. */
  readonly countedAt: number;
  /** Since when it is offline or flagged; `null` while it is neither. */
  readonly unusableSince: number | null;
}

/** The lines that can be sent from, of all bridges that have reported. */
export function poolLines(server: { bridges(): readonly BridgeView[] }): PoolLine[] {
  return server.bridges().flatMap((bridge) => {
    const line = sendableLine(bridge);
    return line === null ? [] : [toPoolLine(bridge, line)];
  });
}

function sendableLine({ health, registered }: BridgeView): WireLine | null {
  const lines = health?.lines ?? registered.lines;
  for (const line of lines) {
    const parsed = lineSchema.safeParse(line);
    if (parsed.success && parsed.data.is_active) {
      return parsed.data;
    }
  }
  return null;
}

function toPoolLine(bridge: BridgeView, line: WireLine): PoolLine {
  const state = line.state ?? 'active';
  const { usage } = bridge;
  const outOfUseSince =
    state === 'flagged' || state === 'offline' ? (line.state_since ?? bridge.since) : null;
  return {
    bridgeId: bridge.bridgeId,
    lineId: line.id,
    handle: line.handle,
    isOnline: bridge.isOnline,
    state,
    reputation: line.reputation ?? 'healthy',
    utilization: usage?.utilization ?? line.utilization ?? 0,
    acceptsNewContacts: usage?.accepts_new_contacts ?? line.accepts_new_contacts ?? true,
    newContactsLeft: usage === null ? null : newContactsLeft(usage),
    warmUp: usage?.warmup?.factor ?? 1,
    lastUsedAt: line.last_used_at ?? null,
    countedAt: usage?.checked_at ?? 0,
    unusableSince: bridge.isOnline ? outOfUseSince : bridge.since,
  };
}

/** The tightest of the caps on new conversations of a day. */
function newContactsLeft({ limits }: WireUsage): number | null {
  const caps = limits.filter(
    ({ kind, rule, of }) =>
      kind === 'cap' && (rule === 'new_conversation_limit' || of === 'new_conversation_limit'),
  );
  return caps.length === 0 ? null : Math.min(...caps.map(({ remaining }) => remaining));
}
