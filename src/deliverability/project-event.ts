import type { BridgeEvent, Handle, Instant, Message } from '../domain/index.ts';
import type { Arrival, Ledger } from './ledger/ledger.ts';

/** Rows of a stretch without a running bridge are dated up to so much before it was last seen to count one. */
const SLACK_MS = 60_000;

/** What the ledger made of an event. */
export interface Projected {
  readonly isNew: boolean;
  readonly events: readonly BridgeEvent[];
}

export interface ProjectDeps {
  readonly ledger: Ledger;
  readonly line: () => Handle | null;
  /** While no bridge ran: when the last one counted its last message, and when this one began. */
  readonly absence: { readonly from: number; readonly to: number } | null;
}

/**
 * Takes one event into the ledger. A message that came long after its date opens no window, unless it is dated while no
 * bridge ran: then it was we who were late.
 */
export function projectEvent(event: BridgeEvent, now: Instant, deps: ProjectDeps): Projected {
  if (!('message' in event) || !('isLate' in event) || event.type === 'message.read') {
    return { isNew: false, events: [] };
  }
  const { message, origin, isLate } = event;
  const arrival: Arrival = {
    isLate: isLate && !isExcused(message, deps.absence),
    command: origin?.by === 'bridge' ? origin.command : null,
  };
  const result = deps.ledger.record(message, arrival, now);
  if (result === null) {
    return { isNew: false, events: [] };
  }
  const { entry, recorded } = result;
  const hasOptedOut = recorded !== 'known' && entry.keyword === 'stop' && optsOut(event.type);
  const optedOut = {
    type: 'contact.opted_out',
    line: message.line ?? deps.line(),
    chat: message.chat,
    handle: message.sender,
    message: message.guid,
  } as const;
  return { isNew: recorded === 'new', events: hasOptedOut ? [optedOut] : [] };
}

/** A body that comes later is an update; what an edit says is not what was said. */
function optsOut(type: BridgeEvent['type']): boolean {
  return type === 'message.received' || type === 'message.updated';
}

function isExcused(message: Message, absence: ProjectDeps['absence']): boolean {
  return absence !== null && message.sentAt >= absence.from - SLACK_MS && message.sentAt <= absence.to;
}
