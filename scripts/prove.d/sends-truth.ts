import { isOnItsWay, type Claim, type Outcome } from './sends-bridge.ts';
import { isUndisturbed } from './sends-plan.ts';

/** What became of one command: what was claimed, and what its recipients were shown. */
export interface Finding {
  /** What it met. */
  readonly failure: string;
  readonly key: string;
  readonly state: string;
  readonly cause: string | null;
  readonly received: 'once' | 'not' | 'twice';
  readonly isSms: boolean;
  readonly isMetByNothing: boolean;
}

/** What may not be, by the name of the promise that it breaks; each with the command and how it came. */
export interface Breaches {
  readonly twice: readonly string[];
  readonly begunTwice: readonly string[];
  readonly falselySent: readonly string[];
  readonly falselyFailed: readonly string[];
  readonly undelivered: readonly string[];
  readonly unknown: readonly string[];
  readonly open: readonly string[];
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly breaches: Breaches;
}

const SENT = ['sent', 'delivered', 'read'];
const NOT_SENT = ['failed', 'refused', 'expired', 'canceled'];
/** A state is told a little after it began. */
const SLACK_MS = 200;

/** Holds what a bridge said against what the simulated Mac knows. Equal texts to one chat are judged together. */
export function judge(outcome: Outcome): Verdict {
  const alike = Map.groupBy(outcome.claims, ({ order }) => JSON.stringify([order.to, order.text]));
  const verdicts = [...alike.values()].map((claims) => judgeAlike(claims, outcome));
  return {
    findings: verdicts.flatMap(({ findings }) => findings),
    breaches: mergeBreaches(verdicts.map(({ breaches }) => breaches)),
  };
}

export function mergeBreaches(all: readonly Breaches[]): Breaches {
  const of = (name: keyof Breaches) => all.flatMap((breaches) => breaches[name]);
  return {
    twice: of('twice'),
    begunTwice: of('begunTwice'),
    falselySent: of('falselySent'),
    falselyFailed: of('falselyFailed'),
    undelivered: of('undelivered'),
    unknown: of('unknown'),
    open: of('open'),
  };
}

function judgeAlike(claims: readonly Claim[], outcome: Outcome): Verdict {
  const count = claims.length;
  const [first] = claims;
  const { recipients = [], text = '' } = first?.order ?? {};
  const shown = outcome.mac.received.filter((one) => one.text === text);
  const counts = recipients.map((who) =>
    shown.filter(({ to }) => to === who).reduce((sum, one) => sum + one.count, 0),
  );
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  const attempts = outcome.mac.attempts.filter(({ content }) => content === text);
  const taken = attempts.filter(({ steps }) => steps.taken !== undefined).length;
  const standing = attempts.filter(({ guid }) => guid !== null && outcome.rows.has(guid)).length;
  const ever = (states: readonly string[]) =>
    claims.filter(
      ({ state, told }) => states.includes(state) || told.some((one) => states.includes(one.state)),
    ).length;
  const unknown = claims.filter(({ state }) => state === 'unknown');
  const findings = claims.map((claim, index): Finding => {
    const isMetByNothing = isUndisturbed(claim.order) && !isBeside(claim, outcome);
    return {
      failure: metBy(claim, outcome, isMetByNothing),
      key: claim.order.key,
      state: claim.state,
      cause: claim.cause,
      received: most > count ? 'twice' : index < least ? 'once' : 'not',
      isSms: shown.some(({ channel }) => channel === 'SMS'),
      isMetByNothing,
    };
  });
  const story = () => claims.map((claim) => tell(claim, least, standing)).join(' | ');
  const breach = (isOne: boolean) => (isOne ? [story()] : []);
  return {
    findings,
    breaches: {
      twice: breach(most > count),
      begunTwice: breach(taken > count),
      falselySent: breach(ever(SENT) > least),
      falselyFailed: breach(ever(NOT_SENT) > Math.max(0, count - most)),
      undelivered: breach(
        findings.some((finding) => finding.isMetByNothing) &&
          !claims.every((claim) => isDelivered(claim, least === count)),
      ),
      unknown: breach(
        unknown.length > Math.max(0, count - standing) || unknown.some(({ cause }) => cause === null),
      ),
      open: breach(claims.some(({ state }) => isOnItsWay(state) || state === 'lost')),
    },
  };
}

function metBy({ order }: Claim, { blows }: Outcome, isMetByNothing: boolean): string {
  if (isUndisturbed(order) && !isMetByNothing) {
    return 'nothing, beside a kill or an emptied database';
  }
  const isStruck = order.failure.disturbance === null || blows.some(({ key }) => key === order.key);
  return isStruck ? order.failure.name : 'something else, before its turn';
}

/** A group says nothing of delivery: sent is all that can be known. */
function isDelivered({ order, state }: Claim, isReceived: boolean): boolean {
  return isReceived && (order.to.includes(';+;') ? SENT : ['delivered', 'read']).includes(state);
}

/** Whether the daemon was killed, or every row taken away, while it was on its way. */
function isBeside({ told }: Claim, { blows }: Outcome): boolean {
  const from = told.find(({ state }) => state === 'sending')?.at;
  const to = told.at(-1)?.at;
  return (
    from !== undefined &&
    to !== undefined &&
    blows.some(
      (blow) =>
        ['kill', 'kill-and-renumber', 'replace empty'].includes(blow.what) &&
        blow.from <= to + SLACK_MS &&
        blow.to >= from - SLACK_MS,
    )
  );
}

function tell({ order, state, cause, told }: Claim, received: number, standing: number): string {
  const steps = told.map((one) => one.state).join(' → ');
  const how = cause === null ? '' : ` (${cause})`;
  return (
    `${order.key} ${order.failure.name}, to ${order.recipients.length === 1 ? 'one' : 'a group'}: ${state}${how}, received by ${received === 0 ? 'nobody' : `all ${received}×`}, ` +
    `${standing} rows stand; told ${steps || 'nothing'}`
  );
}
