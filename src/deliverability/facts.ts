import type { Instant } from '../domain/index.ts';
import type { LineState, Reputation } from '../domain/index.ts';
import type { Standing } from './send.ts';

/** Which sends a window counts. */
export type SendSort = 'all' | 'outreach' | 'new_conversation' | 'reach_out';

/** What the ledger knows of a contact or a group. */
export interface ContactFacts {
  readonly firstInAt: Instant | null;
  readonly lastInAt: Instant | null;
  /** The last inbound message that opens a window: one that came in its time. */
  readonly windowFrom: Instant | null;
  readonly firstOutAt: Instant | null;
  readonly lastOutAt: Instant | null;
  readonly optedOut: boolean;
}

/** A rolling window as it stands. */
export interface WindowFacts {
  readonly used: number;
  /** The first moment at which `room` more would fit under `limit` if nothing else were sent; `null` if never. */
  freeAt(limit: number, room: number): Instant | null;
  /** When nothing that counts now counts any more; `null` where nothing does, or no time tells. */
  emptyAt(): Instant | null;
}

/** Figures of the whole account that change slowly; counted anew each minute. */
export interface AccountFigures {
  /** Contacts messaged in 7 days, and how many of them wrote back. */
  readonly messagedContacts: number;
  readonly answeringContacts: number;
  /** Of the last 24 hours. */
  readonly sends: number;
  readonly sentContacts: number;
  readonly newConversations: number;
  readonly newInboundContacts: number;
  /** First traffic since the line was last idle for a month; `null` without traffic. */
  readonly activeSince: Instant | null;
  readonly lastTrafficAt: Instant | null;
}

/** The line as people, signals and time have left it. */
export interface LineStanding {
  readonly state: LineState;
  readonly reputation: Reputation;
  /** While critical: when outreach may begin again. */
  readonly heldUntil: Instant | null;
  /** A ramp was begun anew here, because a flag was cleared or a critical time ended. */
  readonly rampFrom: Instant | null;
}

/**
 * The ledger as rules read it, for one send at one moment. What is reserved counts as sent while a command is being
 * accepted, and not when the lane asks: there every message is counted as it leaves.
 */
export interface Facts {
  readonly at: Instant;
  readonly standing: Standing;
  readonly contact: ContactFacts;
  readonly figures: AccountFigures;
  readonly line: LineStanding;
  window(sort: SendSort, ms: number): WindowFacts;
  /** Messages exchanged with this contact; both ways, or ours alone. */
  pair(counts: 'both' | 'sent', ms: number): WindowFacts;
  lastSendAt(): Instant | null;
  lastOutreachAt(): Instant | null;
  /** Messages to the contact since it last wrote. */
  unanswered(): number;
  /** The part of them that was sent outside an open window, the opening one left out. */
  followUps(): number;
  /** Sends that did not fail and inbound messages in the window. */
  ratio(ms: number): { readonly sends: number; readonly inbound: number };
  /** The first moment at which `room` more sends would keep to the ratio, other things being equal. */
  ratioFreeAt(ms: number, limit: number, room: number, minSends: number): Instant | null;
  /** Contacts who got this text (this one left out), and whether this one did. */
  sameText(ms: number): WindowFacts & { readonly isKnownHere: boolean };
  /** The earliest moment from now on at which the recipients' clocks are all outside these hours. */
  awakeAt(from: string, to: string): Instant;
}
