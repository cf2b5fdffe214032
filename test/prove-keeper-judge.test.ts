import { describe, expect, it } from 'vitest';
import { judge, type Breaches, type Evidence, type FaultRecord } from '../scripts/prove.d/keeper-judge.ts';

const MINUTE = 60_000;

const HANG: FaultRecord = {
  name: 'hangs',
  from: 10 * MINUTE,
  to: 12 * MINUTE,
  isNamed: null,
  healedMs: 40_000,
  limitMs: 13 * MINUTE,
  isHeard: true,
  isSent: true,
};
/** A storm in which all went as it should. */
const WELL: Evidence = {
  inbound: [{ text: 'in 1', isGone: false }],
  told: ['in 1'],
  gaps: 0,
  orders: [{ text: 'out 1', at: 0, state: 'delivered' }],
  received: [{ text: 'out 1', count: 1 }],
  attempts: [{ text: 'out 1', at: 0, isStanding: true }],
  acts: [],
  pauses: [],
  faults: [HANG],
};

/** The promises that are broken. */
function broken(evidence: Partial<Evidence>): readonly string[] {
  const breaches: Breaches = judge({ ...WELL, ...evidence });
  return Object.entries(breaches).flatMap(([name, against]) => (against.length > 0 ? [name] : []));
}

const act = (what: Evidence['acts'][number]['what'], minute: number) => ({
  what,
  at: minute * MINUTE,
});
const order = (state: string | null, at = 0) => [{ text: 'out 1', at, state }];

describe('the judge of the storm', () => {
  it('has nothing against a storm in which all went well', () => {
    expect(broken({})).toEqual([]);
  });

  it('objects to a row that is not told, unless its row is gone and a gap stands for it', () => {
    expect(broken({ told: [] })).toEqual(['lost']);
    expect(broken({ told: [], gaps: 1 })).toEqual(['lost']);
    const gone = [{ text: 'in 1', isGone: true }];
    expect(broken({ told: [], inbound: gone })).toEqual(['lost']);
    expect(broken({ told: [], inbound: gone, gaps: 1 })).toEqual([]);
  });

  it('objects to what is told or shown twice, and to what nobody had accepted', () => {
    expect(broken({ told: ['in 1', 'in 1'] })).toEqual(['toldTwice']);
    expect(broken({ received: [{ text: 'out 1', count: 2 }] })).toEqual(['sentTwice']);
    const twoWays = [
      { text: 'out 1', count: 1 },
      { text: 'out 1', count: 1 },
    ];
    expect(broken({ received: twoWays })).toEqual(['sentTwice']);
    expect(broken({ orders: order(null) })).toEqual(['unasked']);
  });

  it('objects to a state that is not true, or no end', () => {
    expect(broken({ received: [] })).toEqual(['falselySent']);
    expect(broken({ orders: order('failed') })).toEqual(['falselyFailed']);
    expect(broken({ orders: order('expired') })).toEqual(['falselyFailed']);
    expect(broken({ orders: order('dispatched') })).toEqual(['open']);
    expect(broken({ orders: order('lost') })).toEqual(['open']);
  });

  it('takes unknown only where no row tells, and a fault was about', () => {
    const unknown = { orders: order('unknown') };
    const attempt = (minute: number, isStanding: boolean) => [
      { text: 'out 1', at: minute * MINUTE, isStanding },
    ];
    expect(broken({ ...unknown, attempts: attempt(11, true) })).toEqual(['unknown']);
    expect(broken({ ...unknown, attempts: attempt(60, false) })).toEqual(['unknown']);
    expect(broken({ ...unknown, attempts: attempt(11, false) })).toEqual([]);
    expect(broken({ ...unknown, attempts: [] })).toEqual([]);
    expect(broken({ orders: order('unknown', 60 * MINUTE), attempts: [] })).toEqual(['unknown']);
  });

  it('objects to a line that does not work again in time, or that nobody was told of', () => {
    expect(broken({ faults: [{ ...HANG, healedMs: null }] })).toEqual(['unhealed']);
    expect(broken({ faults: [{ ...HANG, healedMs: 14 * MINUTE }] })).toEqual(['unhealed']);
    expect(broken({ faults: [{ ...HANG, isHeard: false }] })).toEqual(['mute']);
    expect(broken({ faults: [{ ...HANG, isSent: false }] })).toEqual(['mute']);
    expect(broken({ faults: [{ ...HANG, isNamed: false }] })).toEqual(['unnamed']);
  });

  it('objects to a relaunch or an opening too many, but not to the opening that ends a relaunch', () => {
    expect(broken({ acts: [act('relaunch', 10), act('relaunch', 19)] })).toEqual(['tooOften']);
    expect(broken({ acts: [act('relaunch', 10), act('relaunch', 20)] })).toEqual([]);
    expect(broken({ acts: [act('open', 10), act('open', 12)] })).toEqual(['tooOften']);
    expect(
      broken({ acts: [act('open', 10), act('relaunch', 11), act('kill', 12), act('open', 12)] }),
    ).toEqual([]);
    const resumed = [{ from: 10 * MINUTE, to: 11 * MINUTE }];
    expect(broken({ acts: [act('open', 9), act('open', 12)], pauses: resumed })).toEqual([]);
  });

  it('objects to whatever is done while a person has paused the line', () => {
    const pauses = [{ from: 10 * MINUTE, to: 30 * MINUTE }];
    for (const what of ['relaunch', 'kill', 'open'] as const) {
      expect(broken({ acts: [act(what, 20)], pauses })).toEqual(['whilePaused']);
    }
    // One that had begun ends.
    expect(broken({ acts: [act('relaunch', 9.8), act('kill', 10.5), act('open', 10.5)], pauses })).toEqual(
      [],
    );
  });
});
