import type { Seen } from './capture-journal.ts';
import { hasBody, isComplete, type Row, type RowState } from './capture-model.ts';
import { ANY_RANK, slotsOf, type Slot, type Terms } from './capture-slots.ts';

/** How long a row may wait for what it lacks, ms; after that it is told without. */
const JOIN_SETTLE_MS = 15_000;
const BODY_SETTLE_MS = 2_000;
/** A commit is stamped a little after it became visible. */
const SLACK_MS = 500;
/** For so long, ms, an event may follow that could have been left out. */
const MAY_FOLLOW_MS = 3_000;

export type Verdict =
  | { readonly verdict: 'told'; readonly told: RowState | null }
  /** Something is missing that may still come. */
  | { readonly verdict: 'open' }
  /** Nothing is missing, but so shortly after its last change it cannot be known that nothing follows. */
  | { readonly verdict: 'early' }
  | { readonly verdict: 'wrong'; readonly fault: Fault; readonly why: string };

/** `told late`: after it had been given up. */
export const FAULTS = ['lost', 'told late', 'doubled', 'invented', 'out of order', 'wrong content'] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * Whether what the journal told of a row since it was last judged is what some choice of looks would tell: each look
 * sees one of the committed versions, later looks see later ones, and the last one is seen.
 */
export function judge(row: Row, terms: Terms, now: number): Verdict {
  const { versions, seen } = row;
  const reached = reach(row, seen, terms, now);
  const isEnd = (path: Path) => path.used === seen.length;
  const last = versions.length - 1;
  const final = versions[last];
  if (reached.some((path) => isEnd(path) && path.version === last)) {
    // The same events may be the whole story or its beginning: the rest may come.
    const isYoung = final !== undefined && last > 0 && now - seenBy(final.at, terms, now) < MAY_FOLLOW_MS;
    const mayFollow = reached.some((path) => isEnd(path) && tellsMore(row, path.version, terms));
    if (isYoung && (mayFollow || !isWhole(row, terms, now))) {
      return { verdict: 'early' };
    }
    return { verdict: 'told', told: final === undefined ? row.told : final.state };
  }
  if (final !== undefined && !isComplete(final.state) && final.state.isThere) {
    const isWaiting = now - seenBy(final.at, terms, now) < settleMs(final.state) + 2_000;
    if (isWaiting && reached.some(isEnd)) {
      return { verdict: 'open' };
    }
  }
  // Whatever was told is right, as far as it goes.
  const isShort = reached.some(isEnd) && final !== undefined;
  const { fault, why } = diagnose(row, terms, now);
  if (row.isGivenUp && (fault === 'doubled' || fault === 'invented')) {
    return { verdict: 'wrong', fault: 'told late', why };
  }
  return { verdict: 'wrong', fault: isShort ? 'lost' : fault, why };
}

/** Whether a last look that follows one at this version has something to tell. */
function tellsMore(row: Row, version: number, terms: Terms): boolean {
  const final = row.versions.at(-1);
  const isLast = version === row.versions.length - 1;
  return final !== undefined && !isLast && slotsOf(stateAt(row, version), final.state, row, terms).length > 0;
}

/** Whether the events are the whole story also if every step has to be told. */
function isWhole(row: Row, terms: Terms, now: number): boolean {
  const whole = reach(row, row.seen, { ...terms, areAllStepsTold: true }, now);
  return whole.some((path) => path.used === row.seen.length && path.version === row.versions.length - 1);
}

interface Path {
  /** Index of the version that the last look saw; -1 for what was told before. */
  readonly version: number;
  /** How many of the events that explains. */
  readonly used: number;
}

function reach(row: Row, seen: readonly Seen[], terms: Terms, now: number): Path[] {
  const { versions } = row;
  const paths: Path[] = [{ version: -1, used: 0 }];
  for (let at = 0; at < paths.length; at += 1) {
    const path = paths[at];
    if (path === undefined) {
      break;
    }
    for (let next = path.version + 1; next < versions.length; next += 1) {
      const version = versions[next];
      if (version === undefined || !isTellable(row, { from: path.version, to: next }, terms, now)) {
        continue;
      }
      const slots = slotsOf(stateAt(row, path.version), version.state, row, terms);
      for (const used of endings(slots, seen, path.used)) {
        if (!paths.some((known) => known.version === next && known.used === used)) {
          paths.push({ version: next, used });
        }
      }
    }
  }
  return paths;
}

function stateAt(row: Row, version: number): RowState | null {
  return version < 0 ? row.told : (row.versions[version]?.state ?? null);
}

/** A row that still lacks something is first told only when it has waited its time, or the clock was moved. */
function isTellable(
  row: Row,
  { from, to }: { readonly from: number; readonly to: number },
  terms: Terms,
  now: number,
): boolean {
  const version = row.versions[to];
  if (version === undefined || stateAt(row, from) !== null || !version.state.isThere) {
    return version !== undefined;
  }
  if (isComplete(version.state)) {
    return true;
  }
  // What it lacks now it may have lacked before.
  const since = row.versions[0]?.at ?? version.at;
  const until = row.versions[to + 1]?.at ?? now;
  const isMoved = terms.jumps.some((jump) => jump >= since - SLACK_MS && jump <= until + SLACK_MS);
  return isMoved || until - since >= settleMs(version.state) - SLACK_MS;
}

/** By when a commit has been seen for certain, ms. Until then the daemon may have been dead, or behind. */
function seenBy(at: number, { sightings }: Terms, now: number): number {
  return sightings.find((seenAt) => seenAt >= at) ?? now;
}

function settleMs(state: RowState): number {
  const join = state.place === 'nowhere' ? JOIN_SETTLE_MS : 0;
  return Math.max(join, hasBody(state) ? 0 : BODY_SETTLE_MS);
}

/** After how many events a look that tells these slots can end. */
function endings(slots: readonly Slot[], seen: readonly Seen[], from: number): number[] {
  const found: number[] = [];
  const filled = new Map<Slot, { readonly count: number; readonly last: Seen }>();
  let rank = 0;
  const isFull = () =>
    slots.every((slot) => {
      const { count = 0, last = null } = filled.get(slot) ?? {};
      return count >= slot.min && (last === null || saysRight(slot, last));
    });
  if (isFull()) {
    found.push(from);
  }
  for (let at = from; at < seen.length; at += 1) {
    const event = seen[at];
    const slot = slots.find((one) => one.type === event?.type && one.what === event.what);
    const count = slot === undefined ? 0 : (filled.get(slot)?.count ?? 0);
    if (event === undefined || slot === undefined || count >= slot.max || slot.rank < rank) {
      break;
    }
    if (slot.mark !== undefined && slot.mark !== event.mark) {
      break;
    }
    rank = Math.max(rank, slot.rank === ANY_RANK ? 0 : slot.rank);
    filled.set(slot, { count: count + 1, last: event });
    if (isFull()) {
      found.push(at + 1);
    }
  }
  return found;
}

function saysRight(slot: Slot, event: Seen): boolean {
  const areFilesRight = Object.entries(slot.files ?? {}).every(
    ([file, state]) => event.readyFiles.includes(file) === (state === 5),
  );
  const isKindRight = slot.isOfApp === undefined || slot.isOfApp === event.isOfApp;
  return areFilesRight && isKindRight && (slot.text === undefined || slot.text === event.text);
}

/** Puts a name to what is wrong: one event more, or one less, and it would be right; else by counting. */
function diagnose(row: Row, terms: Terms, now: number): { readonly fault: Fault; readonly why: string } {
  const { seen, versions } = row;
  const slots: Slot[] = [];
  let before = row.told;
  for (const { state } of versions) {
    slots.push(...slotsOf(before, state, row, terms));
    before = isComplete(state) || before !== null ? state : before;
  }
  const most = counted(slots.map((slot) => [nameOf(slot), slot.max]));
  const told = counted(seen.map((event) => [nameOf(event), 1]));
  const why = `told ${listOf(told)}; ${versions.length} versions could tell ${listOf(most)}`;
  const isRight = (events: readonly Seen[]) =>
    reach(row, events, terms, now).some(
      (path) => path.used === events.length && path.version === versions.length - 1,
    );
  const isRightWith = (slot: Slot) =>
    Array.from({ length: seen.length + 1 }).some((_, at) => isRight(seen.toSpliced(at, 0, eventOf(slot))));
  if (slots.some((slot) => isRightWith(slot))) {
    return { fault: 'lost', why };
  }
  const surplus = seen.find((_, at) => isRight(seen.toSpliced(at, 1)));
  if (surplus !== undefined) {
    const isAgain = (told.get(nameOf(surplus)) ?? 0) > 1 || isKnown(row, surplus.type);
    return { fault: isAgain ? 'doubled' : 'invented', why };
  }
  const tooMany = [...told].find(([key, count]) => count > (most.get(key) ?? 0));
  if (tooMany !== undefined) {
    const [key, count] = tooMany;
    return { fault: count > 1 || isKnown(row, key.split(' ')[0] ?? '') ? 'doubled' : 'invented', why };
  }
  if (slots.some((slot) => (told.get(nameOf(slot)) ?? 0) < slot.min)) {
    return { fault: 'lost', why };
  }
  const isMisread = slots.some((slot) =>
    seen.some(
      (event) =>
        nameOf(event) === nameOf(slot) &&
        (!saysRight(slot, event) || (slot.mark !== undefined && slot.mark !== event.mark)),
    ),
  );
  return { fault: isMisread ? 'wrong content' : 'out of order', why };
}

/** The event that this slot waits for. */
function eventOf(slot: Slot): Seen {
  const { type, what, text = null, mark = '' } = slot;
  const rest = {
    sequence: 0,
    guid: '',
    revisions: 0,
    isRecentlyDeleted: false,
    gapReason: '',
    readyFiles: filesReady(slot),
    isOfApp: slot.isOfApp === true,
    ticks: 0n,
  };
  return { ...rest, type, what, text, mark };
}

function nameOf({ type, what }: { readonly type: string; readonly what: string }): string {
  return what === '' ? type : `${type} (${what})`;
}

function counted(pairs: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [key, count] of pairs.filter(([, count]) => count > 0)) {
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return counts;
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([key, count]) => (count === 1 ? key : `${count} × ${key}`)).join(', ') || 'nothing';
}

/** An event of a kind that was right once, and came again. */
function isKnown(row: Row, type: string): boolean {
  const { told } = row;
  if (told === null) {
    return false;
  }
  const was: Readonly<Record<string, boolean>> = {
    'message.sent': told.isSent,
    'message.delivered': told.isDelivered,
    'message.read': told.isRead,
    'message.failed': told.error !== 0,
  };
  return was[type] ?? row.ordinal > 0;
}

function filesReady({ files = {} }: Slot): string[] {
  return Object.keys(files).filter((file) => files[file] === 5);
}
