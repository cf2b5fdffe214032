import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidChunks, guidIn, mergedGuids } from './guid-chunks.ts';
import { CHUNK_ROWS, mergedPrints, Prints, type PrintChunk } from './prints.ts';
import { merged, RangeQueue, rangesOf } from './row-ranges.ts';

describe('Prints', () => {
  it('hold what a map would hold, and load what they gave to be stored', () => {
    const id = fc.oneof(
      fc.nat(2_000),
      // Around the ends of what is kept together in memory.
      fc.integer({ min: 16 * CHUNK_ROWS - 70, max: 16 * CHUNK_ROWS + 70 }),
      fc.integer({ min: 2 ** 40 - 300, max: 2 ** 40 + 300 }),
      fc.integer({ min: 2 ** 53 - 300, max: 2 ** 53 - 1 }),
    );
    const change = fc.record({
      id,
      print: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 53 - 1 })),
    });
    fc.assert(
      fc.property(fc.array(change), fc.tuple(id, id), (changes, [one, other]) => {
        const prints = new Prints('message');
        prints.finishLoading();
        const model = new Map<number, number>();
        const saved = new Map<number, PrintChunk>();
        const stored = new Prints('message');
        for (const { id: row, print } of changes) {
          prints.set(row, print);
          model.set(row, print);
          prints.takeDirty().forEach((chunk) => saved.set(chunk.chunk, chunk));
        }
        const parts = [...saved.values()];
        stored.load({
          chunks: parts.map(({ chunk }) => chunk),
          prints: Float64Array.from(parts.flatMap(({ prints: kept }) => [...kept])),
        });
        stored.finishLoading();
        const range = { after: Math.min(one, other), upTo: Math.max(one, other) };
        const expected = [...model]
          .filter(([row, print]) => print !== 0 && row > range.after && row <= range.upTo)
          .map(([row]) => row)
          .toSorted((a, b) => a - b);
        expect([...prints.idsIn(range)]).toEqual(expected);
        expect([...stored.idsIn(range)]).toEqual(expected);
        expect([...prints.idsIn({ after: range.after, upTo: Infinity })].slice(0, expected.length)).toEqual(
          expected,
        );
        for (const [row, print] of model) {
          expect([prints.get(row), stored.get(row)]).toEqual([print, print]);
        }
      }),
    );
  });

  it('that were set before the stored ones came are newer', () => {
    const prints = new Prints('message');
    prints.set(3, 7);
    const [told] = prints.takeDirty();
    const chunk = (...first: number[]) =>
      Float64Array.from({ length: CHUNK_ROWS }, (_, index) => first[index] ?? 0);
    const stored = chunk(0, 5, 0, 6, 4);
    prints.load({ chunks: [0], prints: stored });
    prints.finishLoading();
    expect([1, 2, 3, 4].map((id) => prints.get(id))).toEqual([5, 0, 7, 4]);
    // What is stored of its neighbours stays, although they were not known when the row was told.
    expect([...mergedPrints(stored, told?.prints ?? stored)]).toEqual([...chunk(0, 5, 0, 7, 4)]);
    expect([...prints.idsIn({ after: 0, upTo: Infinity })]).toEqual([1, 3, 4]);
  });

  it('give nothing to be stored twice', () => {
    const prints = new Prints('attachment');
    prints.set(CHUNK_ROWS + 1, 5);
    expect(prints.takeDirty().map((chunk) => [chunk.table, chunk.chunk])).toEqual([['attachment', 1]]);
    prints.set(CHUNK_ROWS + 1, 5);
    prints.delete(7);
    expect(prints.takeDirty()).toEqual([]);
  });
});

describe('ranges', () => {
  const range = fc
    .tuple(fc.nat(60), fc.nat(60))
    .map(([a, b]) => ({ after: Math.min(a, b), upTo: Math.max(a, b) }));
  const covers = (ranges: readonly { after: number; upTo: number }[]) =>
    Array.from({ length: 61 }, (_, id) => id).filter((id) =>
      ranges.some((one) => id > one.after && id <= one.upTo),
    );

  it('cover the same rows once merged, in order and apart from each other', () => {
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const result = merged(ranges);
        expect(covers(result)).toEqual(covers(ranges));
        result.slice(1).forEach((one, index) => expect(one.after).toBeGreaterThan(result[index]?.upTo ?? 0));
      }),
    );
  });

  it('come out of the queue whole, the newest rows first', () => {
    const queue = new RangeQueue();
    queue.add(rangesOf([5, 6, 9]));
    queue.add([{ after: 9, upTo: Infinity }]);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([
      { after: 8, upTo: Infinity },
      { after: 4, upTo: 6 },
      null,
    ]);
    expect(queue.isEmpty).toBe(true);
  });
});

describe('guid chunks', () => {
  const guid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

  it('give back each guid, and name the rows whose guid is of another form', () => {
    const rows = [3, 300, 301].map((rowId) => ({ rowId, guid: guid(rowId) }));
    const { chunks, others } = guidChunks([
      ...rows,
      { rowId: 4, guid: 'x' },
      { rowId: 5, guid: guid(5).replace('4', 'a') },
    ]);
    expect(others).toEqual([4, 5]);
    const found = chunks.map((chunk) => rows.map((row) => guidIn(chunk.guids, row.rowId)));
    expect(chunks.map((chunk) => chunk.chunk)).toEqual([0, 1]);
    expect(found[0]?.[0]).toBe(guid(3));
    expect(found[1]?.slice(1)).toEqual([guid(300), guid(301)]);
    expect(guidIn(new Uint8Array(4096), 9)).toBeNull();
  });

  it('add up when a chunk comes in parts', () => {
    const [first] = guidChunks([{ rowId: 1, guid: guid(1) }]).chunks;
    const [second] = guidChunks([{ rowId: 2, guid: guid(2) }]).chunks;
    const both = mergedGuids(first?.guids ?? null, second?.guids ?? new Uint8Array());
    expect([guidIn(both, 1), guidIn(both, 2)]).toEqual([guid(1), guid(2)]);
  });
});
