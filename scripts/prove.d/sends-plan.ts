import type { Fault, SendStep } from '../../src/simulator/index.ts';
import type { Random } from './random.ts';

/** When a disturbance comes: while the request is made, at a state of the command, or at a step on the simulated Mac. */
export type At =
  | { readonly on: 'request' }
  | { readonly on: 'answer' }
  | { readonly on: 'state'; readonly state: string }
  | { readonly on: 'step'; readonly step: SendStep };

export type Disturbance =
  /** `kill -9`, and a new start; `again`: killed once more while it starts. */
  | { readonly what: 'kill'; readonly again: boolean }
  /** Killed, and another database lies there when it starts again. */
  | { readonly what: 'kill-and-renumber' }
  | { readonly what: 'kill-reader' }
  | { readonly what: 'replace'; readonly content: 'empty' | 'renumbered' }
  /** Messages quits or is killed, and is opened again a little later; or its database is away for that long. */
  | { readonly what: 'quit' | 'crash' | 'vanish' }
  /** Only opens Messages again, which a fault made quit. */
  | { readonly what: 'reopen' }
  /** Old messages of the chat come again under new ROWIDs. */
  | { readonly what: 'replay' };

/** What a command is to meet. */
export interface Failure {
  readonly name: string;
  /** Of a thousand commands. */
  readonly share: number;
  readonly faults: (random: Random) => readonly Fault[];
  readonly disturbance: { readonly at: At; readonly what: Disturbance } | null;
  /** An equal text to the same chat stands before it: placed at once, or settled first. */
  readonly twin: 'none' | 'at-once' | 'after-it';
}

/** One text to send. */
export interface Order {
  readonly key: string;
  readonly to: string;
  /** Who is to get it. */
  readonly recipients: readonly string[];
  readonly text: string;
  readonly failure: Failure;
  readonly faults: readonly Fault[];
  /** Not before this order is settled. */
  readonly after: string | null;
  /** From the moment of the disturbance to its act. */
  readonly delayMs: number;
}

const NO_FAULT = 'nothing';

const failure = (
  name: string,
  share: number,
  options: Partial<Omit<Failure, 'name' | 'share' | 'faults'>> & {
    readonly faults?: readonly Fault[] | Failure['faults'];
  } = {},
): Failure => {
  const { faults = [] } = options;
  return {
    disturbance: null,
    twin: 'none',
    ...options,
    name,
    share,
    faults: typeof faults === 'function' ? faults : () => faults,
  };
};

const scriptError = (code: number, moment: 'before' | 'at-send' | 'after-send'): readonly Fault[] => [
  { name: 'script-error', code, moment },
];
const rowLate = (random: Random): readonly Fault[] => [{ name: 'row-late', ms: 1_500 + random.below(3_000) }];
const hangThenSend = (random: Random): readonly Fault[] => [
  { name: 'hang-then-send', ms: random.below(2_000) },
];
const NO_ROW: readonly Fault[] = [{ name: 'no-row' }];
const HANG: readonly Fault[] = [{ name: 'hang', row: false, hard: false }];
const step = (name: SendStep): At => ({ on: 'step', step: name });
const state = (name: string): At => ({ on: 'state', state: name });
const KILL: Disturbance = { what: 'kill', again: false };

const KILL_MOMENTS: readonly (readonly [string, At])[] = [
  ['the request', { on: 'request' }],
  ['the answer', { on: 'answer' }],
  ['state sending', state('sending')],
  ['the script', step('asked')],
  ['the send', step('taken')],
  ['state dispatched', state('dispatched')],
  ['its row', step('row')],
  ['its join', step('joined')],
  ['sent', step('sent')],
  ['state sent', state('sent')],
  ['delivered', step('delivered')],
];

const FAILURES: readonly Failure[] = [
  failure('exit 0, no row', 35, { faults: NO_ROW }),
  failure('row late', 40, { faults: rowLate }),
  failure('hang, nothing sent', 20, { faults: HANG }),
  failure('hang that outlives SIGTERM', 6, { faults: [{ name: 'hang', row: false, hard: true }] }),
  failure('sent, then hang', 15, { faults: [{ name: 'hang', row: true, hard: false }] }),
  failure('hang, sent after the kill', 35, { faults: hangThenSend }),
  failure('-1712, nothing sent', 20, { faults: scriptError(-1712, 'at-send') }),
  failure('-1712 after sending', 35, { faults: scriptError(-1712, 'after-send') }),
  failure('-609, nothing sent', 20, { faults: scriptError(-609, 'at-send') }),
  failure('-609 after sending', 20, { faults: scriptError(-609, 'after-send') }),
  failure('-1728 before sending', 30, { faults: scriptError(-1728, 'before') }),
  failure('-1728, chat not loaded', 10, { faults: [{ name: 'not-found', what: 'chat' }] }),
  failure('-10000 after sending', 8, { faults: scriptError(-10_000, 'after-send') }),
  failure('exit 1 after sending', 8, { faults: [{ name: 'exit', status: 1 }] }),
  failure('exit 0 without a word', 8, { faults: [{ name: 'mute' }] }),
  failure('error 22', 40, { faults: [{ name: 'error', error: 22 }] }),
  failure('error 22, row late', 8, {
    faults: (random) => [{ name: 'error', error: 22 }, ...rowLate(random)],
  }),
  failure('ghost', 30, { faults: [{ name: 'ghost' }] }),
  failure('downgrade', 30, { faults: [{ name: 'downgrade' }] }),
  failure('join late', 8, { faults: [{ name: 'join-late', ms: 2_500 }] }),
  failure('join never', 4, { faults: [{ name: 'join-never' }] }),
  failure('body late', 8, { faults: [{ name: 'body-late', ms: 1_500 }] }),
  failure('Messages quits before', 4, {
    faults: [{ name: 'quit', moment: 'before' }],
    disturbance: { at: step('asked'), what: { what: 'reopen' } },
  }),
  failure('Messages quits at the send', 4, {
    faults: [{ name: 'quit', moment: 'at-send' }],
    disturbance: { at: step('asked'), what: { what: 'reopen' } },
  }),
  failure('Messages quits after it', 4, {
    faults: [{ name: 'quit', moment: 'after-send' }],
    disturbance: { at: step('asked'), what: { what: 'reopen' } },
  }),
  failure('Messages quits at its row', 3, { disturbance: { at: step('row'), what: { what: 'quit' } } }),
  failure('Messages crashes at its row', 4, { disturbance: { at: step('row'), what: { what: 'crash' } } }),
  failure('database away at its row', 3, { disturbance: { at: step('row'), what: { what: 'vanish' } } }),
  ...(['asked', 'taken', 'row', 'sent'] as const).flatMap((at) => [
    failure(`reader killed at ${at}`, 4, { disturbance: { at: step(at), what: { what: 'kill-reader' } } }),
    failure(`database renumbered at ${at}`, 3, {
      disturbance: { at: step(at), what: { what: 'replace', content: 'renumbered' } },
    }),
    failure(`database emptied at ${at}`, 2, {
      disturbance: { at: step(at), what: { what: 'replace', content: 'empty' } },
    }),
  ]),
  ...KILL_MOMENTS.map(([name, at]) => failure(`kill -9 at ${name}`, 3, { disturbance: { at, what: KILL } })),
  failure('kill -9 twice at the send', 3, {
    disturbance: { at: step('taken'), what: { what: 'kill', again: true } },
  }),
  failure('kill -9 at a hang', 3, { faults: HANG, disturbance: { at: step('asked'), what: KILL } }),
  failure('kill -9, script sent and hangs', 3, {
    faults: [{ name: 'hang', row: true, hard: false }],
    disturbance: { at: step('taken'), what: KILL },
  }),
  failure('kill -9, row late', 3, { faults: rowLate, disturbance: { at: step('taken'), what: KILL } }),
  failure('kill -9, no row', 3, { faults: NO_ROW, disturbance: { at: state('dispatched'), what: KILL } }),
  failure('kill -9 at state unknown', 3, {
    faults: rowLate,
    disturbance: { at: state('unknown'), what: KILL },
  }),
  failure('kill -9, -1712 after sending', 3, {
    faults: scriptError(-1712, 'after-send'),
    disturbance: { at: step('row'), what: KILL },
  }),
  failure('kill -9, error 22', 3, {
    faults: [{ name: 'error', error: 22 }],
    disturbance: { at: step('row'), what: KILL },
  }),
  failure('kill -9, renumbered meanwhile', 3, {
    disturbance: { at: step('row'), what: { what: 'kill-and-renumber' } },
  }),
  failure('equal text at once', 12, { twin: 'at-once' }),
  failure('equal text, no row', 6, { faults: NO_ROW, twin: 'at-once' }),
  failure('equal text, row late', 6, { faults: rowLate, twin: 'at-once' }),
  failure('equal text replayed, no row', 6, {
    faults: NO_ROW,
    twin: 'after-it',
    disturbance: { at: state('unknown'), what: { what: 'replay' } },
  }),
];
const UNDISTURBED: Failure = failure(NO_FAULT, 0);

/** The names of all failures, in the order in which they are shown. */
export const FAILURE_NAMES: readonly string[] = [NO_FAULT, ...FAILURES.map(({ name }) => name)];

/**
 * `count` failures, each at least once if there is room, the rest none, in an order that the seed decides. With `only`,
 * half of them are those whose name begins so.
 */
export function dealFailures(count: number, random: Random, only: string | null): readonly Failure[] {
  if (only !== null) {
    const named = FAILURES.filter(({ name }) => name.startsWith(only));
    return Array.from({ length: count }, (_, index) => named[index % (2 * named.length)] ?? UNDISTURBED);
  }
  const dealt = FAILURES.flatMap((one) =>
    Array.from({ length: Math.max(1, Math.round((count * one.share) / 1000)) }, () => one),
  );
  const chosen = shuffle(dealt, random).slice(0, count);
  const rest = Array.from({ length: count - chosen.length }, () => UNDISTURBED);
  return shuffle([...chosen, ...rest], random);
}

/** The orders of one bridge: who gets what, and what is to go wrong. A failure with a twin makes two orders of two. */
export function planOrders(
  failures: readonly Failure[],
  options: {
    readonly bridge: number;
    readonly contacts: readonly [string, ...string[]];
    readonly groups: readonly { readonly guid: string; readonly members: readonly string[] }[];
    readonly random: Random;
  },
): readonly Order[] {
  const { bridge, contacts, groups, random } = options;
  const orders: Order[] = [];
  const add = (failing: Failure, like: Order | null) => {
    const group = random.below(10) === 0 ? groups[random.below(Math.max(1, groups.length))] : undefined;
    const contact = random.pick(contacts);
    const number = orders.length;
    const order: Order = {
      key: `${bridge}-${number}`,
      to: like?.to ?? group?.guid ?? contact,
      recipients: like?.recipients ?? group?.members ?? [contact],
      text: like?.text ?? textOf(bridge, number, random),
      failure: failing,
      faults: failing.faults(random),
      after: failing.twin === 'after-it' ? (like?.key ?? null) : null,
      delayMs: random.below(3) === 0 ? 0 : random.below(60),
    };
    orders.push(order);
    return order;
  };
  for (const failing of failures) {
    const first = failing.twin === 'none' ? null : add({ ...UNDISTURBED, name: failing.name }, null);
    add(failing, first);
  }
  return orders;
}

/** Whether nothing at all was to go wrong with it. */
export function isUndisturbed(order: Order): boolean {
  return order.failure.name === NO_FAULT;
}

function textOf(bridge: number, number: number, random: Random): string {
  const name = `text ${bridge}-${number}`;
  return random.pick([
    name,
    `${name} “quoted” — 'and' "straight"`,
    `${name} \n\n with lines`,
    `-${name}`,
    `${name} 👩‍👩‍👧 ☎️ é`,
    `${name} ${'long '.repeat(400)}`,
  ]);
}

function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  const shuffled: T[] = [];
  while (left.length > 0) {
    shuffled.push(...left.splice(random.below(left.length), 1));
  }
  return shuffled;
}
