/** What the simulated Mac knows and what the bridge said, side by side. Times are ms that were lived since the start. */
export interface Evidence {
  readonly inbound: readonly {
    readonly text: string;
    /** The database was emptied over its row. */
    readonly isGone: boolean;
  }[];
  /** The text of every `message.received`. */
  readonly told: readonly string[];
  /** How often it was told, by a `bridge.gap`, that something may be missing. */
  readonly gaps: number;
  readonly orders: readonly {
    readonly text: string;
    readonly at: number;
    /** `null`: it was refused. */
    readonly state: string | null;
  }[];
  /** How often a text was shown to its contact. */
  readonly received: readonly { readonly text: string; readonly count: number }[];
  readonly attempts: readonly {
    readonly text: string;
    readonly at: number;
    /** Its row is in chat.db now. */
    readonly isStanding: boolean;
  }[];
  readonly acts: readonly KeeperAct[];
  /** From the answer to `pause` to the request to resume. */
  readonly pauses: readonly Span[];
  readonly faults: readonly FaultRecord[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What was done to Messages. An `open` that ends a relaunch by signals is none of its own. */
export interface KeeperAct {
  readonly what: 'relaunch' | 'kill' | 'open';
  readonly at: number;
}

export interface FaultRecord extends Span {
  readonly name: string;
  /** Whether `/health` named what only a person can cure, with what to do; `null` where no person is needed. */
  readonly isNamed: boolean | null;
  /** How long the line took until it worked, since the last hand that was needed; `null`: longer than allowed. */
  readonly healedMs: number | null;
  readonly limitMs: number;
  /** Afterwards somebody wrote, and it was told; a text was ordered, and it arrived. */
  readonly isHeard: boolean;
  readonly isSent: boolean;
}

export interface Breaches {
  readonly lost: readonly string[];
  readonly toldTwice: readonly string[];
  readonly sentTwice: readonly string[];
  readonly unasked: readonly string[];
  readonly falselySent: readonly string[];
  readonly falselyFailed: readonly string[];
  readonly unknown: readonly string[];
  readonly open: readonly string[];
  readonly unnamed: readonly string[];
  readonly unhealed: readonly string[];
  readonly mute: readonly string[];
  readonly tooOften: readonly string[];
  readonly whilePaused: readonly string[];
}

const MINUTE_MS = 60_000;
/** At most one relaunch, and one opening, in so long. */
const PAUSE_MS = 10 * MINUTE_MS;
/** What is done is seen up to two steps of the storm later. */
const SLACK_MS = 5_000;
/** A relaunch that had begun when the pause came ends: the request, its deadline, the signals, the opening. */
const RELAUNCH_MS = 60_000;
/** A fault is felt a little before it is noted, and a script that met it ends within its deadline. */
const FELT_MS = 2 * MINUTE_MS;
const SENT = ['sent', 'delivered', 'read'];
const NOT_SENT = ['failed', 'refused', 'expired', 'canceled'];

export function judge(evidence: Evidence): Breaches {
  const { orders, faults } = evidence;
  const told = Map.groupBy(evidence.told, (text) => text);
  const shown = (text: string) =>
    evidence.received.reduce((sum, one) => sum + (one.text === text ? one.count : 0), 0);
  const textsOf = (isOne: (order: Evidence['orders'][number]) => boolean) =>
    orders.filter(isOne).map(({ text, state }) => `${text}: ${state ?? 'refused'}, shown ${shown(text)}×`);
  const inState = (states: readonly string[]) => (state: string | null) =>
    state !== null && states.includes(state);
  const accepted = new Set(orders.filter(({ state }) => state !== null).map(({ text }) => text));
  const names = (isOne: (fault: FaultRecord) => boolean) =>
    faults.filter(isOne).map(({ name, from }) => `${name} at ${clockOf(from)}`);
  return {
    lost: evidence.inbound
      // A gap stands for what was in a database that is gone, and for nothing else.
      .filter((row) => !told.has(row.text) && !(row.isGone && evidence.gaps > 0))
      .map(({ text, isGone }) => `${text}${isGone ? ' (its row is gone, and no gap tells)' : ''}`),
    toldTwice: [...told]
      .filter(([, times]) => times.length > 1)
      .map(([text, { length }]) => `${text}: ${length}×`),
    sentTwice: evidence.received
      .filter(({ text }) => shown(text) > 1)
      .map(({ text }) => `${text}: ${shown(text)}×`),
    unasked: evidence.received.filter(({ text }) => !accepted.has(text)).map(({ text }) => text),
    falselySent: textsOf(({ text, state }) => inState(SENT)(state) && shown(text) === 0),
    falselyFailed: textsOf(({ text, state }) => inState(NOT_SENT)(state) && shown(text) > 0),
    unknown: textsOf((order) => order.state === 'unknown' && !isUnknowable(order, evidence)),
    open: textsOf(({ state }) => state !== null && !inState([...SENT, ...NOT_SENT, 'unknown'])(state)),
    unnamed: names(({ isNamed }) => isNamed === false),
    unhealed: names(({ healedMs, limitMs }) => healedMs === null || healedMs > limitMs),
    mute: names(({ healedMs, isHeard, isSent }) => healedMs !== null && !(isHeard && isSent)),
    tooOften: tooOften(evidence),
    whilePaused: whilePaused(evidence),
  };
}

/** Hours and minutes that were lived. */
export function clockOf(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** No row tells of it, and a fault was about when its script ran. */
function isUnknowable({ text, at }: Evidence['orders'][number], { attempts, faults }: Evidence): boolean {
  const own = attempts.filter((attempt) => attempt.text === text);
  if (own.some(({ isStanding }) => isStanding)) {
    return false;
  }
  // A script that was killed before Messages heard of it has left no attempt: it ran some time after it was asked for.
  const spans =
    own.length === 0
      ? [{ from: at, to: Number.POSITIVE_INFINITY }]
      : own.map((one) => ({ from: one.at, to: one.at }));
  return spans.some((span) =>
    faults.some(({ from, to }) => from - FELT_MS <= span.to && to + FELT_MS >= span.from),
  );
}

function tooOften({ acts, pauses }: Evidence): readonly string[] {
  const found: string[] = [];
  const kills = acts.filter(({ what }) => what === 'kill');
  const series = [
    acts.filter(({ what }) => what === 'relaunch'),
    acts.filter(
      (act) => act.what === 'open' && !kills.some(({ at }) => at <= act.at && act.at - at < SLACK_MS),
    ),
  ];
  for (const [index, act, last] of series.flatMap((some) =>
    some.slice(1).map((one, before) => [before, one, some[before]] as const),
  )) {
    if (last === undefined || act.at - last.at >= PAUSE_MS - SLACK_MS) {
      continue;
    }
    // A person's word begins it anew.
    const isResumed =
      act.what === 'open' && pauses.some(({ to }) => to >= last.at - SLACK_MS && to <= act.at);
    if (!isResumed) {
      found.push(
        `${act.what} ${index + 2} at ${clockOf(act.at)}, ${Math.round((act.at - last.at) / 1000)} s after the last`,
      );
    }
  }
  return found;
}

function whilePaused({ acts, pauses }: Evidence): readonly string[] {
  const relaunches = acts.filter(({ what }) => what === 'relaunch');
  return acts
    .filter((act) =>
      pauses.some(({ from, to }) => {
        const isWithin = act.at > from + SLACK_MS && act.at < to;
        const isBegun = relaunches.some(({ at }) => at <= from + SLACK_MS && act.at - at < RELAUNCH_MS);
        return isWithin && !(isBegun && act.what !== 'relaunch');
      }),
    )
    .map(({ what, at }) => `${what} at ${clockOf(at)}`);
}
