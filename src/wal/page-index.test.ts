import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageIndex } from './page-index.ts';

describe('the page index', () => {
  it('holds what a Map would hold', () => {
    const key = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 2 ** 25 }));
    const action = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.integer({ min: 1, max: 2 ** 31 }) }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('delete' as const), key: fc.integer({ min: 1, max: 200 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
        const index = new PageIndex();
        const model = new Map<number, number>();
        for (const action of actions) {
          if (action.do === 'set') {
            index.set(action.key, action.value);
            model.set(action.key, action.value);
          } else {
            index.delete(action.key);
            model.delete(action.key);
          }
          expect(index.get(action.key)).toBe(model.get(action.key) ?? 0);
        }
        const all = new Map<number, number>();
        index.forEach((page, value) => all.set(page, value));
        expect(all).toEqual(model);
        expect(index.size).toBe(model.size);
        index.clear();
        expect(index.size).toBe(0);
      }),
    );
  });
});
