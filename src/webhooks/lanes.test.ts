import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant, sequence } from '../domain/index.ts';
import type { Pending } from './endpoint.ts';
import { Lanes, type Taken } from './lanes.ts';

const NAMES = ['a', 'b', 'c'];

const pending = (lane: string, at: number): Pending => ({
  id: `dlv_${lane}${at}`,
  sequence: sequence(at),
  eventId: `evt_${at}`,
  eventType: 'message.received',
  lane,
  step: 0,
  nextAt: instant(0),
  firstAt: null,
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), lane: fc.constantFrom(...NAMES) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('done' as const), which: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(9), wait: fc.nat(50) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forward' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('later' as const), ms: fc.nat(60) }) },
);

describe('lanes', () => {
  it('give each delivery out until it is done, one at a time of a lane and in its order, whatever comes between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const lanes = new Lanes();
        const underWay: Taken[] = [];
        const done = new Map<string, number[]>(NAMES.map((name) => [name, []]));
        let now = instant(0);
        let added = 0;
        const take = (): boolean => {
          const due = lanes.nextDueAt();
          const taken = lanes.take(now);
          if (taken === null) {
            return false;
          }
          expect(due).not.toBeNull();
          expect(taken.isEarly || taken.item.nextAt <= now).toBe(true);
          expect(underWay.map(({ item }) => item.lane)).not.toContain(taken.item.lane);
          underWay.push(taken);
          return true;
        };
        const settle = (which: number, again: ((item: Pending) => Pending) | null): void => {
          const [taken] = underWay.splice(which % Math.max(1, underWay.length), 1);
          if (taken !== undefined && again !== null) {
            lanes.again(again(taken.item));
          } else if (taken !== undefined) {
            lanes.done(taken.item);
            done.get(taken.item.lane)?.push(taken.item.sequence);
          }
        };
        for (const next of steps) {
          if (next.do === 'add') {
            added += 1;
            lanes.add({ ...pending(next.lane, added), nextAt: now });
          } else if (next.do === 'take') {
            take();
          } else if (next.do === 'done') {
            settle(next.which, null);
          } else if (next.do === 'again') {
            settle(next.which, (item) => ({ ...item, nextAt: instant(now + next.wait) }));
          } else if (next.do === 'forward') {
            lanes.bringForward(now);
          } else {
            now = instant(now + next.ms);
          }
        }
        now = instant(now + 100);
        while (take() || underWay.length > 0) {
          settle(0, null);
        }
        expect([...done.values()].flat()).toHaveLength(added);
        for (const order of done.values()) {
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
        expect([lanes.size, lanes.nextDueAt()]).toEqual([0, null]);
      }),
      { numRuns: 500 },
    );
  });

  it('keep to the schedule of one that was asked for again while it was ready', () => {
    const lanes = new Lanes();
    for (const lane of NAMES) {
      lanes.add(pending(lane, 1));
    }
    // Now all three are ready; of them `a` is under way, and `b` is replayed.
    expect(lanes.take(instant(0))?.item.lane).toBe('a');
    lanes.add(pending('b', 1));
    const taken = lanes.take(instant(0))?.item ?? pending('none', 1);
    expect(taken.lane).toBe('b');
    lanes.again({ ...taken, nextAt: instant(60_000) });
    expect(lanes.take(instant(0))?.item.lane).toBe('c');
    expect(lanes.take(instant(0))).toBeNull();
    expect(lanes.take(instant(60_000))?.item.lane).toBe('b');
  });
});
