import { beforeEach, describe, expect, it } from 'vitest';
import { applyBatch } from './apply-batch.ts';
import type { PageBatch } from './batch.ts';
import { RangeCollector } from './ranges.ts';
import { TableMap } from './table-map.ts';
import { interiorPage, leafPage, SMALL } from './test-pages.ts';

type Pages = Readonly<Record<number, Buffer>>;

/**
 * Root 2 over 3 and 4, these over 5, 6 and 7, 8, these over the leaves 50, 51 (ROWIDs to 100), 60, 61 (to 200),
 * 70, 71 (to 300) and 80, 81.
 */
const TREE: Pages = {
  2: interiorPage([
    [3, 200],
    [4, 400],
  ]),
  3: interiorPage([
    [5, 100],
    [6, 200],
  ]),
  4: interiorPage([
    [7, 300],
    [8, 400],
  ]),
  ...Object.fromEntries(
    [5, 6, 7, 8].map((page, index) => [
      page,
      interiorPage([
        [page * 10, index * 100 + 50],
        [page * 10 + 1, 0],
      ]),
    ]),
  ),
};

const leaf = leafPage();

function batchOf(pages: Pages): PageBatch {
  const written = new Map(Object.entries(pages).map(([page, image]) => [Number(page), image]));
  return {
    has: (page) => written.has(page),
    image: (page) => written.get(page) ?? leaf,
    forEach: (visit) => [...written.keys()].forEach((page) => visit(page)),
  };
}

describe('a batch of pages', () => {
  let map: TableMap;

  beforeEach(() => {
    map = new TableMap({ pageSize: SMALL, usable: SMALL, pages: 200 }, new Map([['item', 2]]));
    map.build((page) => TREE[page] ?? leaf);
  });

  const apply = (pages: Pages) => {
    const ranges = new RangeCollector();
    applyBatch(map, batchOf(pages), ranges);
    return ranges.take().get('item') ?? [];
  };

  it('is nothing to a table whose pages are not in it', () => {
    expect(apply({ 100: leaf, 101: TREE[5] ?? leaf })).toEqual([]);
  });

  it('gives the ROWIDs of a written leaf', () => {
    expect(apply({ 51: leaf, 70: leaf })).toEqual([
      { after: 50, upTo: 100 },
      { after: 200, upTo: 250 },
    ]);
    expect(apply({ 50: leaf, 81: leaf })).toEqual([
      { after: -Infinity, upTo: 50 },
      { after: 350, upTo: Infinity },
    ]);
  });

  it('gives the ROWIDs that a leaf had and those that it has', () => {
    const parent = interiorPage([
      [50, 20],
      [51, 0],
    ]);
    expect(apply({ 5: parent, 50: leaf })).toEqual([{ after: -Infinity, upTo: 50 }]);
    expect(map.locate(50)).toMatchObject({ after: -Infinity, upTo: 20 });
    expect(map.locate(51)).toMatchObject({ after: 20, upTo: 100 });
  });

  it('gives the ROWIDs of leaves that have left the tree without being written', () => {
    expect(apply({ 2: interiorPage([[4, 400]]) })).toEqual([{ after: -Infinity, upTo: 200 }]);
    expect(map.counts()).toMatchObject({ leaves: 4, interiorPages: 4 });
    expect(map.isLeaf(50)).toBe(false);
  });

  it('finds the written page below one that only moved', () => {
    // 3 is not written; the root is, and so is 5 below 3, which gets another leaf.
    const five = interiorPage([
      [50, 30],
      [90, 50],
      [51, 0],
    ]);
    const root = interiorPage([
      [3, 210],
      [4, 400],
    ]);
    expect(apply({ 2: root, 5: five, 90: leaf })).toEqual([{ after: 30, upTo: 50 }]);
    expect(map.locate(61)).toMatchObject({ after: 150, upTo: 210 });
    expect(map.counts()).toMatchObject({ leaves: 9, interiorPages: 7 });
  });

  it('takes no notice of the last image of a page that was freed after it', () => {
    // 5 was written and then freed with 3: its leaves belong to 9 now, one of them as another page.
    const stale = interiorPage([
      [60, 30],
      [70, 0],
    ]);
    const nine = interiorPage([
      [5, 100],
      [60, 150],
      [61, 0],
    ]);
    const flat = interiorPage([
      [9, 200],
      [10, 400],
    ]);
    const ten = interiorPage([
      [70, 250],
      [71, 300],
      [80, 350],
      [81, 0],
    ]);
    expect(apply({ 3: stale, 2: flat, 9: nine, 10: ten, 5: leaf })).toEqual([
      { after: -Infinity, upTo: 100 },
    ]);
    expect(map.isLeaf(5)).toBe(true);
    expect(map.counts()).toMatchObject({ leaves: 7, interiorPages: 3 });
  });

  it('follows a root that grows and shrinks', () => {
    expect(apply({ 2: leaf })).toEqual([{ after: -Infinity, upTo: Infinity }]);
    expect(map.counts()).toMatchObject({ leaves: 1, interiorPages: 0 });
    const root = interiorPage([
      [90, 10],
      [91, 0],
    ]);
    expect(apply({ 2: root, 90: leaf, 91: leaf })).toEqual([{ after: -Infinity, upTo: Infinity }]);
    expect(map.locate(91)).toEqual({ root: 2, after: 10, upTo: Infinity });
  });

  it.each<[reason: string, pages: Pages]>([
    [
      'unknown_page',
      {
        5: interiorPage([
          [50, 20],
          [99, 0],
        ]),
      },
    ],
    [
      'page_twice',
      {
        5: interiorPage([
          [50, 20],
          [50, 0],
        ]),
      },
    ],
    [
      'page_twice',
      {
        2: interiorPage([
          [3, 20],
          [2, 0],
        ]),
      },
    ],
    [
      'uneven_depth',
      {
        2: interiorPage([
          [3, 20],
          [50, 0],
        ]),
      },
    ],
    ['uneven_depth', { 5: leaf }],
    ['malformed_page', { 50: leaf, 5: Buffer.alloc(SMALL, 1) }],
    [
      'malformed_page',
      {
        5: interiorPage([
          [50, 20],
          [51, 10],
          [60, 0],
        ]),
      },
    ],
    [
      'malformed_page',
      {
        5: interiorPage([
          [50, 20],
          [500, 0],
        ]),
      },
    ],
    ['wrong_page_type', { 50: Buffer.alloc(SMALL) }],
  ])('is lost with %s', (reason, pages) => {
    expect(() => apply(pages)).toThrow(expect.objectContaining({ reason }));
  });
});
