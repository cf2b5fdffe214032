import { parseDestination } from '../contract/index.ts';
import type { Assignment, AssignmentStore } from './assignments.ts';
import type { PoolLine } from './pool-line.ts';
import { systemTimers, type Timers } from './timers.ts';

/** Photon's and Linq's advice: give a line no new contacts from 70 % of its limits on; at 80 % it is full. */
const SOFT = 0.7;
const HARD = 0.8;
/** The pool is low when so many of its lines are past the soft mark. */
const LOW_SHARE = 0.8;
/** A line that cannot be used for so long gives its contacts away: sooner to those who wait for an answer. */
const MOVE_REPLY_MS = 15 * 60_000;
const MOVE_OUTREACH_MS = 24 * 3_600_000;
/** A line without traffic for so long gets some: Apple deactivates lines that are idle for two months. */
const IDLE_MS = 7 * 86_400_000;
/** Of new contacts so many go to the line that has been idle for longest. */
const IDLE_SHARE = 0.1;
/** What a line without a cap on new conversations weighs. */
const UNCAPPED = 50;

export interface PoolOptions {
  /** The lines as they stand now, such as `poolLines(server)`. */
  readonly lines: () => readonly PoolLine[];
  readonly assignments: AssignmentStore;
  /** `pool.capacity_low`: once when it becomes so, and again after it was not. */
  readonly onCapacityLow?: (notice: CapacityNotice) => void;
  readonly timers?: Timers;
  /** From 0 to below 1; for tests. */
  readonly random?: () => number;
}

export interface CapacityNotice {
  readonly type: 'pool.capacity_low';
  readonly at: number;
  readonly lines: number;
  /** Lines past 70 % of their limits, or out of use. */
  readonly full: number;
}

export interface LinePick {
  readonly line: PoolLine;
  /**
   * `sticky`: the contact's own line. `new`: its first. `moved`: its own line has been out of use for too long; open with
   * a word that says who writes.
   */
  readonly reason: 'sticky' | 'new' | 'moved';
  /** `moved`: where the contact was. Answers may still come there. */
  readonly previous: Assignment | null;
}

/** Which line a contact is written to from: always the same, as long as that can be. */
export class LinePool {
  readonly #options: PoolOptions;
  readonly #timers: Timers;
  readonly #random: () => number;
  /** Contacts that were given to a line since its usage was last counted. */
  readonly #given = new Map<string, { readonly since: number; readonly count: number }>();
  #isLow = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#random = options.random ?? Math.random;
  }

  /**
   * The line for a contact, kept for it from now on.
   * @param contact a number in international form, or an e-mail address
   * @param kind `reply` to a contact who waits, or `outreach`
   * @returns `null` where no line may take a new contact now
   */
  pickLine(contact: string, kind: 'reply' | 'outreach' = 'outreach'): LinePick | null {
    const key = contactKey(contact);
    const lines = this.#options.lines();
    this.#watchCapacity(lines);
    const assigned = this.#options.assignments.get(key);
    const own = assigned === null ? undefined : lines.find((line) => isOf(assigned, line));
    if (assigned !== null && own !== undefined && !this.#isLost(own, kind)) {
      return { line: own, reason: 'sticky', previous: null };
    }
    const line = this.#choose(lines.filter((candidate) => candidate !== own));
    if (line === null) {
      return null;
    }
    this.#options.assignments.set(key, {
      bridgeId: line.bridgeId,
      lineId: line.lineId,
      since: this.#timers.now(),
    });
    this.#note(line);
    return { line, reason: assigned === null ? 'new' : 'moved', previous: assigned };
  }

  /** Looks whether capacity is low, without a pick. */
  look(): void {
    this.#watchCapacity(this.#options.lines());
  }

  /** A flagged line still answers; for all else it is out of use, as one that is offline. */
  #isLost(line: PoolLine, kind: 'reply' | 'outreach'): boolean {
    const isUsable = line.isOnline && (line.state === 'active' || line.state === 'paused');
    if (isUsable || (kind === 'reply' && line.isOnline && line.state === 'flagged')) {
      return false;
    }
    const limit = kind === 'reply' ? MOVE_REPLY_MS : MOVE_OUTREACH_MS;
    return line.unusableSince !== null && this.#timers.now() - line.unusableSince > limit;
  }

  #choose(lines: readonly PoolLine[]): PoolLine | null {
    const open = lines.filter(
      (line) =>
        line.isOnline &&
        line.state === 'active' &&
        line.reputation === 'healthy' &&
        line.acceptsNewContacts &&
        this.#weight(line) > 0,
    );
    const soft = open.filter((line) => line.utilization < SOFT);
    const candidates = soft.length > 0 ? soft : open.filter((line) => line.utilization < HARD);
    return this.#idlest(candidates) ?? this.#weighted(candidates);
  }

  /** Now and then the line that has been idle for longest, whatever it weighs. */
  #idlest(candidates: readonly PoolLine[]): PoolLine | null {
    const now = this.#timers.now();
    const idle = candidates
      .filter(({ lastUsedAt }) => now - (lastUsedAt ?? 0) > IDLE_MS)
      .toSorted((one, other) => (one.lastUsedAt ?? 0) - (other.lastUsedAt ?? 0));
    const [longest] = idle;
    return longest !== undefined && this.#random() < IDLE_SHARE ? longest : null;
  }

  /** By chance, each as likely as what is left of it. */
  #weighted(candidates: readonly PoolLine[]): PoolLine | null {
    const total = candidates.reduce((sum, line) => sum + this.#weight(line), 0);
    let point = this.#random() * total;
    for (const line of candidates) {
      point -= this.#weight(line);
      if (point < 0) {
        return line;
      }
    }
    return candidates.at(-1) ?? null;
  }

  /** New conversations that are left, less those that were given since that was counted, by how warm the line is. */
  #weight(line: PoolLine): number {
    const given = this.#given.get(nameOf(line));
    const count = given !== undefined && given.since >= line.countedAt ? given.count : 0;
    return Math.max(0, (line.newContactsLeft ?? UNCAPPED) - count) * line.warmUp;
  }

  #note(line: PoolLine): void {
    const name = nameOf(line);
    const before = this.#given.get(name);
    const isCounted = before === undefined || before.since < line.countedAt;
    this.#given.set(
      name,
      isCounted ? { since: this.#timers.now(), count: 1 } : { since: before.since, count: before.count + 1 },
    );
  }

  #watchCapacity(lines: readonly PoolLine[]): void {
    const full = lines.filter(
      (line) => !line.isOnline || line.state !== 'active' || line.utilization > SOFT,
    ).length;
    const isLow = lines.length > 0 && full >= LOW_SHARE * lines.length;
    if (isLow && !this.#isLow) {
      this.#options.onCapacityLow?.({
        type: 'pool.capacity_low',
        at: this.#timers.now(),
        lines: lines.length,
        full,
      });
    }
    this.#isLow = isLow;
  }
}

function isOf(assignment: Assignment, line: PoolLine): boolean {
  return assignment.bridgeId === line.bridgeId && assignment.lineId === line.lineId;
}

function nameOf({ bridgeId, lineId }: PoolLine): string {
  return `${bridgeId}/${lineId}`;
}

/** One contact has one key, however its address is written. */
function contactKey(contact: string): string {
  const destination = parseDestination(contact);
  return destination?.to === 'handle' ? destination.handle : contact;
}
