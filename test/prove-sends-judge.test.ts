import { describe, expect, it } from 'vitest';
import type { Claim, Outcome } from '../scripts/prove.d/sends-bridge.ts';
import type { Order } from '../scripts/prove.d/sends-plan.ts';
import { judge, type Breaches } from '../scripts/prove.d/sends-truth.ts';

const KIM = '+12125550101';
const SAM = '+12125550102';
const CREW = 'any;+;chat1';
const NOTHING: Order['failure'] = {
  name: 'nothing',
  share: 0,
  faults: () => [],
  disturbance: null,
  twin: 'none',
};
const ERROR: Order['failure'] = { ...NOTHING, name: 'error 22' };

interface Told {
  readonly states: readonly string[];
  readonly cause?: string;
  readonly failure?: Order['failure'];
  readonly to?: string;
}

function claim({ states, cause, failure = NOTHING, to = KIM }: Told, key = '1'): Claim {
  const order: Order = {
    key,
    to,
    recipients: to === CREW ? [KIM, SAM] : [to],
    text: 'hi',
    failure,
    faults: [],
    after: null,
    delayMs: 0,
  };
  return {
    order,
    id: `obx_${key}`,
    refusal: null,
    state: states.at(-1) ?? 'queued',
    cause: cause ?? null,
    told: states.map((state, index) => ({ id: `obx_${key}`, state, at: index })),
  };
}

/** What the Mac knows of the text: whom it was shown how often, how often it took it, and how many rows stand. */
interface Mac {
  readonly shown?: Readonly<Record<string, number>>;
  readonly taken?: number;
  readonly rows?: number;
}

function outcome(claims: readonly Claim[], { shown = {}, taken = 1, rows = 1 }: Mac): Outcome {
  const guid = (index: number) => (index < rows ? `G${index}` : null);
  return {
    claims,
    mac: {
      received: Object.entries(shown).map(([to, count]) => ({
        to,
        chat: to,
        text: 'hi',
        channel: 'iMessage',
        count,
      })),
      attempts: Array.from({ length: taken }, (_, index) => ({
        script: 'send-text',
        form: 'chat',
        name: KIM,
        content: 'hi',
        steps: { asked: 0, taken: 1 },
        guid: guid(index),
      })),
    },
    rows: new Set(Array.from({ length: rows }, (_, index) => `G${index}`)),
    blows: [],
  };
}

function broken(told: Told | readonly Told[], mac: Mac): string[] {
  const all = Array.isArray(told) ? told : [told];
  const { breaches } = judge(
    outcome(
      all.map((one: Told, index) => claim(one, String(index))),
      mac,
    ),
  );
  const names: readonly (keyof Breaches)[] = [
    'twice',
    'begunTwice',
    'falselySent',
    'falselyFailed',
    'undelivered',
    'unknown',
    'open',
  ];
  return names.filter((name) => breaches[name].length > 0);
}

const DELIVERED = ['queued', 'sending', 'dispatched', 'sent', 'delivered'];
const UNKNOWN = ['queued', 'sending', 'dispatched', 'unknown'];

describe('the judge of npm run prove:sends', () => {
  it.each<[string, Told | readonly Told[], Mac]>([
    ['a text that was delivered once', { states: DELIVERED }, { shown: { [KIM]: 1 } }],
    [
      'a group text that was sent, of which no more can be known',
      { states: ['sending', 'sent'], to: CREW },
      { shown: { [KIM]: 1, [SAM]: 1 } },
    ],
    ['a failure that nobody received', { states: ['sending', 'failed'], failure: ERROR }, {}],
    [
      'an unknown one without a row',
      { states: UNKNOWN, cause: 'no_row', failure: ERROR },
      { taken: 1, rows: 0 },
    ],
    [
      'two equal texts that both arrived',
      [{ states: DELIVERED }, { states: DELIVERED }],
      { shown: { [KIM]: 2 }, taken: 2, rows: 2 },
    ],
  ])('finds nothing against %s', (_, told, mac) => {
    expect(broken(told, mac)).toEqual([]);
  });

  it.each<[string, string[], Told | readonly Told[], Mac]>([
    ['received twice', ['twice', 'undelivered'], { states: DELIVERED }, { shown: { [KIM]: 2 } }],
    [
      'received twice by one of a group',
      ['twice'],
      { states: ['sent'], to: CREW, failure: ERROR },
      { shown: { [KIM]: 2, [SAM]: 1 } },
    ],
    ['handed to Messages twice', ['begunTwice'], { states: DELIVERED }, { shown: { [KIM]: 1 }, taken: 2 }],
    ['called delivered and not received', ['falselySent'], { states: DELIVERED, failure: ERROR }, {}],
    [
      'once called sent and not received',
      ['falselySent'],
      { states: ['sent', 'failed'], failure: ERROR },
      {},
    ],
    [
      'called sent and received by a part of the group',
      ['falselySent'],
      { states: ['sent'], to: CREW, failure: ERROR },
      { shown: { [KIM]: 1 } },
    ],
    [
      'called failed and received',
      ['falselyFailed'],
      { states: ['failed'], failure: ERROR },
      { shown: { [KIM]: 1 } },
    ],
    [
      'once called failed and received',
      ['falselyFailed'],
      { states: ['failed', 'delivered'], failure: ERROR },
      { shown: { [KIM]: 1 } },
    ],
    [
      'met by nothing and not called delivered',
      ['undelivered'],
      { states: ['sending', 'sent'] },
      { shown: { [KIM]: 1 } },
    ],
    [
      'unknown though its row stands',
      ['unknown'],
      { states: UNKNOWN, cause: 'no_row', failure: ERROR },
      { shown: { [KIM]: 1 } },
    ],
    ['unknown without a cause', ['unknown'], { states: UNKNOWN, failure: ERROR }, { rows: 0 }],
    ['left on its way', ['open'], { states: ['queued', 'sending'], failure: ERROR }, { rows: 0 }],
    [
      'one of two equal ones, called delivered without having arrived',
      ['falselySent', 'undelivered'],
      [{ states: DELIVERED }, { states: DELIVERED }],
      { shown: { [KIM]: 1 }, taken: 2, rows: 2 },
    ],
  ])('objects to a text that was %s', (_, expected, told, mac) => {
    expect(broken(told, mac)).toEqual(expected);
  });
});
