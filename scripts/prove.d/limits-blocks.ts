import type { LimitTable } from './limits-table.ts';
import { DAY, HOUR, MINUTE, type World } from './limits-world.ts';

/** A message that might leave. */
export interface Candidate {
  readonly contact: string;
  readonly text: string;
  readonly hasFile: boolean;
}

/** A limit that is against it. `until`: when it would be for it, other things being equal. */
export interface Block {
  readonly rule: string;
  readonly kind: 'pace' | 'cap' | 'stop';
  readonly until: number;
}

/** What the account's conduct adds to the table. */
export interface Conduct {
  /** Few answer, and nearly all are new: the daily caps are halved. */
  readonly isAtRisk: boolean;
  /** Outreach that is to keep apart because few answer: so much, in ms. */
  readonly coldGapMs: number | null;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Every limit that is full for a message at a moment, by plain counting; an empty list lets it go. */
export function blocksOf(
  world: World,
  send: Candidate,
  at: number,
  table: LimitTable,
  conduct: Conduct,
): Block[] {
  const found: Block[] = [];
  const block = (isFull: boolean, rule: string, kind: Block['kind'], until: () => number) => {
    if (isFull) {
      found.push({ rule, kind, until: until() });
    }
  };
  const last = world.lastSend(at);
  block(last !== null && at - last < table.gapMs, 'throughput', 'pace', () => (last ?? at) + table.gapMs);
  block(
    world.withContact(send.contact, MINUTE, at) >= table.perMinuteWithContact,
    'pair_rate_limit',
    'cap',
    () => at + 2_000,
  );
  const { perDay } = table;
  block(perDay !== null && world.count('sends', DAY, at) >= perDay, 'server_daily_limit', 'cap', () =>
    world.freeAt('sends', DAY, at, perDay ?? 0),
  );
  block(world.isStopped(send.contact), 'recipient_opted_out', 'stop', () => NEVER);
  if (world.sortOf(send.contact, at) !== 'reply') {
    outreachBlocks(world, send, at, table, conduct, block);
  }
  return found;
}

function outreachBlocks(
  world: World,
  send: Candidate,
  at: number,
  table: LimitTable,
  conduct: Conduct,
  block: (isFull: boolean, rule: string, kind: Block['kind'], until: () => number) => void,
): void {
  const { contact } = send;
  const isFresh = world.sortOf(contact, at) === 'new_conversation';
  const stop = (isFull: boolean, rule: string) => block(isFull, rule, 'stop', () => NEVER);
  const minute = table.outreachPerMinute;
  block(minute !== null && world.count('outreach', MINUTE, at) >= minute, 'burst_limit', 'pace', () =>
    world.freeAt('outreach', MINUTE, at, minute ?? 0),
  );
  stop(table.onlyWhoWrote && !world.hasWritten(contact), 'contact_first');
  stop(
    table.isFirstContentJudged &&
      !world.hasWritten(contact) &&
      (send.hasFile || /https?:\/\/|www\./iu.test(send.text)),
    'first_message_content',
  );

  const cap = isFresh ? table.newPerDay : table.reachOutsPerDay;
  if (cap !== null) {
    const what = isFresh ? 'fresh' : 'reach_outs';
    const limit = world.ramped(conduct.isAtRisk ? Math.max(1, Math.floor(cap / 2)) : cap, at);
    block(
      world.count(what, DAY, at) >= limit,
      isFresh ? 'new_conversation_limit' : 'reach_out_limit',
      'cap',
      () => Math.min(world.freeAt(what, DAY, at, limit), world.nextStep(at)),
    );
  }
  const hourly = isFresh ? table.newPerHour : null;
  block(
    hourly !== null && world.count('fresh', HOUR, at) >= hourly,
    'new_conversation_limit per hour',
    'pace',
    () => world.freeAt('fresh', HOUR, at, hourly ?? 0),
  );

  const open = world.unanswered(contact);
  stop(open.count >= table.unanswered, 'unanswered_limit');
  const { followUps } = table;
  if (followUps !== null && !isFresh) {
    stop(open.followUps >= followUps.most, 'recipient_cooling_down');
    const free = (open.last ?? 0) + followUps.apartMs;
    block(open.last !== null && at < free, 'recipient_cooling_down apart', 'cap', () => free);
  }

  const { ratio } = table;
  const { sends, inbound } = world.ratio(at);
  const lastOutreach = world.lastOutreach(at);
  if (ratio !== null && sends + 1 >= ratio.from) {
    block(sends + 1 > ratio.most * inbound, 'ratio_limit', 'cap', () => at + 10 * MINUTE);
    const paced = (lastOutreach ?? 0) + 0.75 * MINUTE;
    const isPaced = ratio.paceAbove !== null && sends + 1 > ratio.paceAbove * inbound;
    block(isPaced && at < paced, 'ratio_limit pace', 'pace', () => paced);
  }
  const { coldGapMs } = conduct;
  const warm = (lastOutreach ?? 0) + (coldGapMs ?? 0);
  block(coldGapMs !== null && at < warm, 'response_rate', 'pace', () => warm);

  const { sameText } = table;
  if (sameText !== null && send.text !== '') {
    const same = world.sameText(contact, send.text, at);
    block(!same.isKnown && same.others >= sameText, 'duplicate_content', 'cap', () => at + HOUR);
  }
  const { quiet } = table;
  if (quiet !== null) {
    const wait = quietFor(contact, at, quiet);
    block(wait > 0, 'quiet_hours', 'pace', () => at + wait);
  }
}

/** The places of a play's people, by their numbers. */
const ZONES: readonly (readonly [prefix: string, zone: string])[] = [
  ['+1212', 'America/New_York'],
  ['+1646', 'America/New_York'],
  ['+1310', 'America/Los_Angeles'],
  ['+4420', 'Europe/London'],
  ['+813', 'Asia/Tokyo'],
];
const CLOCKS = new Map(
  ZONES.map(([prefix, zone]) => [
    prefix,
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      hourCycle: 'h23',
    }),
  ]),
);

/** For how long the contact's clock still shows quiet hours, in ms; 0 while it shows others. */
function quietFor(
  contact: string,
  at: number,
  quiet: { readonly from: number; readonly to: number },
): number {
  const [prefix] = ZONES.find(([start]) => contact.startsWith(start)) ?? [];
  const parts = CLOCKS.get(prefix ?? '')?.formatToParts(at);
  if (parts === undefined) {
    throw new Error('a play has people of four places only');
  }
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const hours = part('hour') + part('minute') / 60 + part('second') / 3_600;
  if (hours < quiet.from && hours >= quiet.to) {
    return 0;
  }
  // A night in which clocks change ends an hour sooner or later: it is looked at again before.
  const left = (hours < quiet.to ? quiet.to - hours : 24 - hours + quiet.to) * HOUR;
  return left > 2 * HOUR ? left - 1.5 * HOUR : Math.max(1_000, left);
}
