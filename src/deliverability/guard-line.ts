import { instant, type Instant, type LineState, type Reputation } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { LineStanding } from './facts.ts';

/** What is kept of the line beside the ledger. */
export interface GuardLine extends LineStanding {
  readonly paused: { readonly at: Instant; readonly reason: string } | null;
  readonly flagged: { readonly at: Instant; readonly reason: string } | null;
  readonly isOffline: boolean;
}

export interface GuardLineRow {
  read(): GuardLine;
  save(line: Omit<GuardLine, 'state'>): void;
}

interface Row {
  readonly paused_at: number | null;
  readonly paused_reason: string | null;
  readonly flagged_at: number | null;
  readonly flagged_reason: string | null;
  readonly is_offline: number;
  readonly reputation: string;
  readonly held_until: number | null;
  readonly ramp_from: number | null;
}

/** What a person ordered goes before what was noticed, and that before what is merely so now. */
export function stateOf(line: Pick<GuardLine, 'paused' | 'flagged' | 'isOffline'>): LineState {
  if (line.paused !== null) {
    return 'paused';
  }
  if (line.flagged !== null) {
    return 'flagged';
  }
  return line.isOffline ? 'offline' : 'active';
}

export function guardLineRow(store: Store): GuardLineRow {
  store.db.prepare('INSERT OR IGNORE INTO guard_line (id) VALUES (1)').run();
  const read = store.db.prepare<[], Row>(
    `SELECT paused_at, paused_reason, flagged_at, flagged_reason, is_offline, reputation, held_until, ramp_from
     FROM guard_line WHERE id = 1`,
  );
  const save = store.db.prepare<[Row]>(
    `UPDATE guard_line SET paused_at = @paused_at, paused_reason = @paused_reason, flagged_at = @flagged_at,
       flagged_reason = @flagged_reason, is_offline = @is_offline, reputation = @reputation,
       held_until = @held_until, ramp_from = @ramp_from WHERE id = 1`,
  );
  return {
    read: () => {
      const row = read.get();
      const since = (at: number | null | undefined, reason: string | null | undefined) =>
        at === null || at === undefined ? null : { at: instant(at), reason: reason ?? '' };
      const orders = {
        paused: since(row?.paused_at, row?.paused_reason),
        flagged: since(row?.flagged_at, row?.flagged_reason),
        isOffline: row?.is_offline === 1,
      };
      return {
        ...orders,
        state: stateOf(orders),
        reputation: reputationOf(row?.reputation),
        heldUntil: momentOf(row?.held_until),
        rampFrom: momentOf(row?.ramp_from),
      };
    },
    save: (line) =>
      void save.run({
        paused_at: line.paused?.at ?? null,
        paused_reason: line.paused?.reason ?? null,
        flagged_at: line.flagged?.at ?? null,
        flagged_reason: line.flagged?.reason ?? null,
        is_offline: line.isOffline ? 1 : 0,
        reputation: line.reputation,
        held_until: line.heldUntil,
        ramp_from: line.rampFrom,
      }),
  };
}

function momentOf(at: number | null | undefined): Instant | null {
  return at === null || at === undefined ? null : instant(at);
}

function reputationOf(stored: string | undefined): Reputation {
  return stored === 'at_risk' || stored === 'critical' ? stored : 'healthy';
}
