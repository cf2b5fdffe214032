import type Database from 'better-sqlite3';
import { FOLLOWED } from './test-operations.ts';
import type { WalFollower } from './index.ts';

/** A follower's map, or what dbstat says instead, as plain values to compare. */
export interface PlainMap {
  readonly leaves: readonly number[];
  readonly interior: readonly number[];
  /** `overflow page < leaf that owns it`. */
  readonly overflow: readonly string[];
}

export function plainMap(follower: WalFollower): PlainMap {
  const trees = follower.inside;
  if (trees === null) {
    return { leaves: [], interior: [], overflow: [] };
  }
  const { map, scan } = trees;
  const leaves: number[] = [];
  const overflow: string[] = [];
  map.parents.forEach((page) => {
    if (map.isLeaf(page)) {
      leaves.push(page);
    } else if (map.isOverflow(page)) {
      overflow.push(`${page} < ${scan.leafOf(page)}`);
    }
  });
  return { leaves, interior: [...map.nodes.keys()].toSorted((a, b) => a - b), overflow };
}

/** The ROWIDs of each leaf, for what dbstat cannot tell. */
export function plainRanges(follower: WalFollower): readonly string[] {
  const map = follower.inside?.map;
  return plainMap(follower).leaves.map((leaf) => JSON.stringify([leaf, map?.locate(leaf)]));
}

interface StatRow {
  readonly pageno: number;
  readonly pagetype: string;
  readonly path: string;
}

/** SQLite's own walk through the trees: paths are `/1c2/000/` for a page, `/1c2/000/003+000002` for an overflow page. */
export function statMap(db: Database.Database): PlainMap {
  const rows = FOLLOWED.flatMap((table) => {
    const found = db
      .prepare<[string], StatRow>('SELECT pageno, pagetype, path FROM dbstat WHERE name = ? ORDER BY pageno')
      .all(table);
    const byPath = new Map(found.map(({ path, pageno }) => [path, pageno]));
    return found.map((row) => ({ ...row, leaf: byPath.get(row.path.replace(/[^/]*$/u, '')) }));
  }).toSorted((a, b) => a.pageno - b.pageno);
  const pages = (type: string) => rows.filter(({ pagetype }) => pagetype === type);
  return {
    leaves: pages('leaf').map(({ pageno }) => pageno),
    interior: pages('internal').map(({ pageno }) => pageno),
    overflow: pages('overflow').map(({ pageno, leaf }) => `${pageno} < ${leaf}`),
  };
}
