import fc from 'fast-check';
import type { Operation } from './test-operations.ts';

/** What the writer does between two looks. */
export type Step =
  | { readonly do: 'transaction' | 'rollback'; readonly operations: readonly Operation[] }
  | { readonly do: 'reopen' }
  | { readonly do: 'sql'; readonly sql: string; readonly changesSchema: boolean };

export interface Setup {
  readonly pageSize: number;
  readonly autoVacuum: number;
  readonly journalSizeLimit: number;
  readonly autoCheckpoint: number;
  readonly cachePages: number;
}

export const setups: fc.Arbitrary<Setup> = fc.record({
  pageSize: fc.constantFrom(512, 1024, 4096, 65_536),
  autoVacuum: fc.constantFrom(0, 1, 2),
  journalSizeLimit: fc.constantFrom(-1, 0, 32_768),
  autoCheckpoint: fc.constantFrom(1, 10, 1000),
  cachePages: fc.constantFrom(10, 2000),
});

const part = fc.double({ min: 0, max: 1, noNaN: true });
const few = fc.integer({ min: 1, max: 4 });

/** Bytes of a row's blob: within the page, a little over it, and up to twenty pages of the smaller sizes. */
function sizes(pageSize: number): fc.Arbitrary<number> {
  const large = Math.min(20 * pageSize, 150_000);
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 120 }) },
    { weight: 2, arbitrary: fc.integer({ min: 121, max: 2 * pageSize }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: large }) },
  );
}

function operations(pageSize: number): fc.Arbitrary<Operation> {
  const size = sizes(pageSize);
  const arbitrary = <T extends Operation>(weight: number, shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => ({
    weight,
    arbitrary: fc.record(shape),
  });
  const bulk = fc.integer({ min: 1, max: 300 });
  const is = <const T extends string>(value: T) => fc.constant(value);
  return fc.oneof<fc.WeightedArbitrary<Operation>[]>(
    arbitrary(4, { do: is('insert'), count: few, size }),
    arbitrary(2, { do: is('insert'), count: bulk, size: fc.integer({ min: 0, max: 200 }) }),
    arbitrary(1, { do: is('insert-far'), count: few }),
    arbitrary(2, { do: is('refill'), at: part, count: fc.integer({ min: 1, max: 60 }), size }),
    arbitrary(5, { do: is('flag'), at: part, count: few }),
    arbitrary(1, { do: is('flag'), at: part, count: bulk }),
    arbitrary(3, { do: is('edit'), at: part, size: fc.integer({ min: 0, max: 2500 }) }),
    arbitrary(3, { do: is('resize'), at: part, size }),
    arbitrary(5, { do: is('overflow-only'), at: part, byte: part }),
    arbitrary(2, { do: is('behind-overflow'), at: part }),
    arbitrary(3, { do: is('delete'), at: part, count: few }),
    arbitrary(2, { do: is('delete'), at: part, count: bulk }),
    arbitrary(1, { do: is('clear'), table: fc.constantFrom('item' as const, 'note', 'link') }),
    arbitrary(2, { do: is('note'), count: few, size: fc.integer({ min: 0, max: 3000 }) }),
    arbitrary(2, { do: is('link'), count: fc.integer({ min: 1, max: 80 }) }),
    arbitrary(1, { do: is('unlink'), at: part, count: fc.integer({ min: 1, max: 80 }) }),
    arbitrary(2, { do: is('noise'), count: fc.integer({ min: 1, max: 10 }), size }),
    arbitrary(1, { do: is('quiet'), at: part, count: fc.integer({ min: 1, max: 20 }) }),
  );
}

const upkeep: fc.Arbitrary<Step> = fc
  .constantFrom<[sql: string, changesSchema: boolean][]>(
    ['PRAGMA wal_checkpoint(PASSIVE)', false],
    ['PRAGMA wal_checkpoint(FULL)', false],
    ['PRAGMA wal_checkpoint(RESTART)', false],
    ['PRAGMA wal_checkpoint(TRUNCATE)', false],
    ['PRAGMA incremental_vacuum(7)', false],
    ['VACUUM', true],
    ['CREATE INDEX IF NOT EXISTS item_mark ON item (mark, name)', true],
    ['DROP INDEX IF EXISTS item_mark', true],
    [
      'BEGIN; DROP TABLE IF EXISTS spare; CREATE TABLE spare (a); INSERT INTO spare VALUES (zeroblob(9000)); COMMIT',
      true,
    ],
  )
  .map(([sql, changesSchema]) => ({ do: 'sql', sql, changesSchema }));

export function steps(pageSize: number, maxLength: number): fc.Arbitrary<readonly Step[]> {
  const transaction = fc.array(operations(pageSize), { minLength: 1, maxLength: 6, size: 'max' });
  return fc.array(
    fc.oneof(
      { weight: 12, arbitrary: transaction.map((operations): Step => ({ do: 'transaction', operations })) },
      { weight: 1, arbitrary: transaction.map((operations): Step => ({ do: 'rollback', operations })) },
      { weight: 1, arbitrary: fc.constant<Step>({ do: 'reopen' }) },
      { weight: 4, arbitrary: upkeep },
    ),
    { minLength: 1, maxLength, size: 'max' },
  );
}
