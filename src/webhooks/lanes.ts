import { instant, type Instant } from '../domain/index.ts';
import type { Pending } from './endpoint.ts';

interface Lane {
  /** In the order of their events. */
  readonly waiting: Pending[];
  isBusy: boolean;
  /** Its first is to be tried beside the schedule. */
  isEarly: boolean;
}

/** One that is taken; `isEarly`: beside its schedule, so that a failure uses up none of it. */
export interface Taken {
  readonly item: Pending;
  readonly isEarly: boolean;
}

/**
 * The pending deliveries of an endpoint, by lane: of each lane only the first may be under way, and what comes behind
 * it waits, however long it is retried. Lanes that are due take turns.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes whose first may go now, each once, in the order in which they became so. */
  readonly #ready = new Set<string>();
  /** Lanes whose first waits for its time. */
  readonly #sleeping = new Set<string>();
  #size = 0;

  /** How many deliveries there are, those under way included. */
  get size(): number {
    return this.#size;
  }

  add(item: Pending): void {
    const lane = this.#lanes.get(item.lane) ?? { waiting: [], isBusy: false, isEarly: false };
    this.#lanes.set(item.lane, lane);
    const last = lane.waiting.at(-1);
    if (last !== undefined && last.sequence < item.sequence) {
      lane.waiting.push(item);
      this.#size += 1;
      return;
    }
    const same = lane.waiting.findIndex(({ sequence }) => sequence === item.sequence);
    if (same !== -1) {
      // What is under way goes on under what it was.
      if (!(same === 0 && lane.isBusy)) {
        lane.waiting[same] = item;
        this.#line(item.lane, lane);
      }
      return;
    }
    const behind = lane.waiting.findLastIndex(({ sequence }) => sequence < item.sequence);
    const place = Math.max(behind + 1, lane.isBusy ? 1 : 0);
    lane.waiting.splice(place, 0, item);
    this.#size += 1;
    if (place === 0) {
      this.#line(item.lane, lane);
    }
  }

  /** The next that is due; its lane is busy until it is settled. */
  take(now: Instant): Taken | null {
    for (const name of this.#sleeping) {
      const first = this.#lanes.get(name)?.waiting[0];
      if (first === undefined || first.nextAt <= now) {
        this.#sleeping.delete(name);
        this.#ready.add(name);
      }
    }
    for (const name of this.#ready) {
      this.#ready.delete(name);
      const lane = this.#lanes.get(name);
      const item = lane?.waiting[0];
      if (lane !== undefined && item !== undefined && !lane.isBusy) {
        const { isEarly } = lane;
        lane.isBusy = true;
        lane.isEarly = false;
        return { item, isEarly };
      }
    }
    return null;
  }

  /** The one taken is at its end: the next of its lane may go. */
  done(item: Pending): void {
    this.#settle(item, null);
  }

  /** The one taken is to be tried again, as `again` says. */
  again(again: Pending): void {
    this.#settle(again, again);
  }

  /** Everything that waits for its time may go now. */
  bringForward(now: Instant): void {
    for (const name of this.#sleeping) {
      const lane = this.#lanes.get(name);
      const first = lane?.waiting[0];
      if (lane !== undefined && first !== undefined && first.nextAt > now) {
        lane.isEarly = true;
        this.#sleeping.delete(name);
        this.#ready.add(name);
      }
    }
  }

  /** Everything that is not under way. */
  waiting(): readonly Pending[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.waiting.slice(lane.isBusy ? 1 : 0));
  }

  /** Takes everything out that is not under way. */
  clear(): void {
    for (const [name, lane] of this.#lanes) {
      this.#size -= lane.waiting.splice(lane.isBusy ? 1 : 0).length;
      if (lane.waiting.length === 0) {
        this.#lanes.delete(name);
      }
    }
    this.#ready.clear();
    this.#sleeping.clear();
  }

  /** When the next may be taken, which may be past; `null` where nothing waits. */
  nextDueAt(): Instant | null {
    if (this.#ready.size > 0) {
      return instant(0);
    }
    let earliest: Instant | null = null;
    for (const name of this.#sleeping) {
      const due = this.#lanes.get(name)?.waiting[0]?.nextAt;
      if (due !== undefined && (earliest === null || due < earliest)) {
        earliest = due;
      }
    }
    return earliest;
  }

  #settle(item: Pending, again: Pending | null): void {
    const lane = this.#lanes.get(item.lane);
    if (lane === undefined) {
      return;
    }
    lane.isBusy = false;
    if (again === null) {
      lane.waiting.shift();
      this.#size -= 1;
    } else {
      lane.waiting[0] = again;
    }
    if (lane.waiting.length === 0) {
      this.#lanes.delete(item.lane);
    } else {
      this.#line(item.lane, lane);
    }
  }

  /** Lines a lane up, by what its first says. */
  #line(name: string, lane: Lane): void {
    if (!lane.isBusy) {
      this.#sleeping.add(name);
    }
  }
}
