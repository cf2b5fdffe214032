import type { Row } from './limits-evidence.ts';
import type { Asked, Outage } from './limits-play.ts';
import type { LimitTable } from './limits-table.ts';
import { DAY, MINUTE, SECOND, World } from './limits-world.ts';

/** An answer that was refused, or waited, while no limit that binds answers was full. */
export interface HeldReply {
  readonly at: number;
  readonly contact: string;
  readonly why: string;
}

/** So long the lane may stand still between two messages: the gap with its jitter, and its own looks around. */
const BREATH_MS = 3 * SECOND;
/** While an answer waits on, it is asked about again so often. */
const AGAIN_MS = 10 * MINUTE;

interface Look {
  readonly at: number;
  readonly contact: string;
  readonly why: string;
  /** A refusal counts what had been promised to others as well; so does a wait. */
  readonly promised: number;
  readonly promisedToContact: number;
}

/** Every answer is to leave unless a limit that binds answers is full. */
export function heldReplies(input: {
  readonly rows: readonly Row[];
  readonly asked: readonly Asked[];
  readonly outages: readonly Outage[];
  readonly table: LimitTable;
}): { readonly held: readonly HeldReply[]; readonly replies: number } {
  const { rows, table } = input;
  const sentAt = new Map<string, number>();
  for (const row of rows) {
    if (row.calledAt !== null) {
      sentAt.set(`${row.contact} ${row.text}`, row.calledAt);
    }
  }
  const wishes = input.asked.toSorted((a, b) => a.at - b.at);
  const sentTo = (wish: Asked) => sentAt.get(`${wish.to} ${wish.text}`) ?? null;
  const calls = rows.flatMap(({ calledAt }) => calledAt ?? []).toSorted((a, b) => a - b);
  const looks: Look[] = [];
  let replies = 0;

  const world = new World();
  let next = 0;
  /** Answers that others had been promised; what else waits is not in the way of one. */
  const promised: { readonly to: string; readonly until: number }[] = [];
  const stillPromised = (at: number) => {
    const open = promised.filter(({ until }) => until > at);
    promised.splice(0, promised.length, ...open);
    return open;
  };
  for (const wish of wishes) {
    for (; (rows[next]?.at ?? Infinity) <= wish.at; next += 1) {
      const row = rows[next];
      if (row !== undefined) {
        world.add(row);
      }
    }
    const open = stillPromised(wish.at);
    if (wish.refused === null && world.sortOf(wish.to, wish.at) === 'reply') {
      promised.push({ to: wish.to, until: sentTo(wish) ?? wish.expiresAt });
    }
    if (world.sortOf(wish.to, wish.at) !== 'reply' || wish.text === '') {
      continue;
    }
    replies += 1;
    const places = {
      promised: open.length,
      promisedToContact: open.filter(({ to }) => to === wish.to).length,
    };
    if (wish.refused !== null) {
      looks.push({ at: wish.at, contact: wish.to, why: `refused by ${wish.refused}`, ...places });
      continue;
    }
    const end = Math.min(
      sentTo(wish) ?? wish.expiresAt,
      world.sortOf(wish.to, wish.expiresAt) === 'reply' ? Infinity : windowEnd(world, wish),
    );
    for (const at of idleMoments(calls, wish.at, end, input.outages)) {
      looks.push({
        at,
        contact: wish.to,
        why: `${sentTo(wish) === null ? 'not sent' : 'waited'}, ${wish.state}`,
        ...places,
      });
    }
  }
  return { held: unexplained(rows, looks, table), replies };
}

/** From here on it is an answer no longer. */
function windowEnd(world: World, wish: Asked): number {
  let low = wish.at;
  let high = wish.expiresAt;
  while (high - low > SECOND) {
    const middle = (low + high) / 2;
    if (world.sortOf(wish.to, middle) === 'reply') {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Moments of a wait at which nothing else was being sent, and nothing hindered sending. */
function idleMoments(
  calls: readonly number[],
  from: number,
  to: number,
  outages: readonly Outage[],
): readonly number[] {
  const found: number[] = [];
  let place = calls.findIndex((call) => call > from);
  let start = from;
  while (start < to && found.length < 50) {
    const call = place === -1 ? Infinity : (calls[place] ?? Infinity);
    for (let at = start + BREATH_MS; at < Math.min(call, to); at += AGAIN_MS) {
      // After an outage what has waited goes first.
      if (!outages.some((outage) => at >= outage.from && at < outage.to + BREATH_MS)) {
        found.push(at);
      }
    }
    start = call;
    place += 1;
  }
  return found;
}

function unexplained(rows: readonly Row[], looks: readonly Look[], table: LimitTable): HeldReply[] {
  const world = new World();
  let next = 0;
  const held: HeldReply[] = [];
  for (const look of looks.toSorted((a, b) => a.at - b.at)) {
    for (; (rows[next]?.at ?? Infinity) <= look.at; next += 1) {
      const row = rows[next];
      if (row !== undefined) {
        world.add(row);
      }
    }
    const isBound =
      world.isStopped(look.contact) ||
      world.withContact(look.contact, MINUTE + BREATH_MS, look.at) + look.promisedToContact >=
        table.perMinuteWithContact ||
      (table.perDay !== null && world.count('sends', DAY, look.at) + look.promised >= table.perDay);
    if (!isBound) {
      held.push({ at: look.at, contact: look.contact, why: look.why });
    }
  }
  return held;
}
