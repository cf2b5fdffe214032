import { Lost } from './lost.ts';
import { PageTable } from './page-table.ts';
import type { RowRange } from './ranges.ts';
import {
  pageType,
  parseInterior,
  TABLE_INTERIOR,
  TABLE_LEAF,
  type Geometry,
  type Interior,
} from './table-pages.ts';

/** SQLite's own limit for the depth of a cursor. */
export const MAX_DEPTH = 20;
/** In `parents`: the page is an overflow page, and the rest of the number is the leaf or overflow page before it. */
const OVERFLOW = 0x8000_0000;
/** In `parents`, within one batch: the page has lost its parent and not found a new one yet. */
export const LOOSE = 0x7fff_ffff;

export interface Place extends RowRange {
  readonly root: number;
}

export interface MapCounts {
  readonly leaves: number;
  readonly interiorPages: number;
  readonly byteLength: number;
}

/**
 * Where the rows of some tables lie: for each page of their trees the page above it, and for each interior page its
 * children and the ROWIDs between them. No leaf is held, nor any row: 4 bytes a page of the file, 12 bytes a leaf.
 */
export class TableMap {
  readonly geometry: Geometry;
  /** Root page → table. */
  readonly roots: ReadonlyMap<number, string>;
  /** The page above; of a root the root itself; 0 for pages that are none of these tables'. */
  readonly parents = new PageTable();
  readonly nodes = new Map<number, Interior>();

  /** @throws Lost when two tables share a root */
  constructor(geometry: Geometry, tables: ReadonlyMap<string, number>) {
    this.geometry = geometry;
    this.roots = new Map([...tables].map(([table, root]) => [root, table]));
    if (this.roots.size !== tables.size) {
      throw new Lost('page_twice');
    }
  }

  /**
   * Reads the interior pages of all tables, and one leaf of each to know how deep it is.
   * @param image a page of one consistent state of the database; used before the next is asked for
   * @throws Lost for anything that is no tree
   */
  build(image: (page: number) => Uint8Array): void {
    for (const root of this.roots.keys()) {
      const depth = this.#depthBelow(root, image);
      this.#claim(root, root);
      this.#buildBelow(root, depth, image);
    }
  }

  isOverflow(page: number): boolean {
    return this.parents.get(page) >= OVERFLOW;
  }

  /** Of an overflow page: the overflow page before it, or the leaf. */
  before(page: number): number {
    return this.parents.get(page) - OVERFLOW;
  }

  isAfter(page: number, before: number): boolean {
    return this.parents.get(page) === before + OVERFLOW;
  }

  setAfter(page: number, before: number): void {
    const known = this.parents.get(page);
    if (known !== 0 && known < OVERFLOW) {
      throw new Lost('page_twice');
    }
    this.parents.set(page, before + OVERFLOW);
  }

  /** Whether the page is a leaf or an interior page of these tables. */
  isInTree(page: number): boolean {
    const parent = this.parents.get(page);
    return parent !== 0 && parent < OVERFLOW && parent !== LOOSE;
  }

  isLeaf(page: number): boolean {
    return this.isInTree(page) && !this.nodes.has(page);
  }

  /** The table of a page in a tree, and the ROWIDs that belong on it. @throws Lost when it hangs on nothing */
  locate(page: number): Place {
    let after = -Infinity;
    let upTo = Infinity;
    let below = page;
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      const parent = this.parents.get(below);
      if (parent === below) {
        return { root: below, after, upTo };
      }
      const node = this.nodes.get(parent);
      const index = node?.children.indexOf(below) ?? -1;
      if (node === undefined || index === -1) {
        throw new Lost('unknown_page');
      }
      if (after === -Infinity) {
        after = node.keys[index - 1] ?? -Infinity;
      }
      if (upTo === Infinity) {
        upTo = node.keys[index] ?? Infinity;
      }
      below = parent;
    }
    throw new Lost('too_deep');
  }

  /** 0 for a leaf. Goes by the first child, as all leaves of a tree lie equally deep. */
  levelOf(page: number): number {
    let below = page;
    for (let level = 0; level <= MAX_DEPTH; level += 1) {
      const child = this.nodes.get(below)?.children[0];
      if (child === undefined) {
        return level;
      }
      below = child;
    }
    throw new Lost('too_deep');
  }

  /** The leaf that holds the first ROWID above `after`, or the table's last leaf. */
  leafAfter(root: number, after: number): number {
    let page = root;
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      const node = this.nodes.get(page);
      if (node === undefined) {
        return page;
      }
      page = node.children[firstAbove(node.keys, after)] ?? 0;
    }
    throw new Lost('too_deep');
  }

  counts(): MapCounts {
    let children = 0;
    let bytes = this.parents.byteLength;
    for (const node of this.nodes.values()) {
      children += node.children.length;
      bytes += node.children.byteLength + node.keys.byteLength;
    }
    const interiorPages = this.nodes.size;
    return { leaves: this.roots.size + children - interiorPages, interiorPages, byteLength: bytes };
  }

  #depthBelow(root: number, image: (page: number) => Uint8Array): number {
    let page = root;
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      const bytes = image(page);
      const type = pageType(bytes, page);
      if (type === TABLE_LEAF) {
        return depth;
      }
      if (type !== TABLE_INTERIOR) {
        throw new Lost('wrong_page_type');
      }
      page = parseInterior(bytes, page, this.geometry).children[0] ?? 0;
    }
    throw new Lost('too_deep');
  }

  #buildBelow(page: number, level: number, image: (page: number) => Uint8Array): void {
    if (level === 0) {
      return;
    }
    const node = parseInterior(image(page), page, this.geometry);
    this.nodes.set(page, node);
    for (const child of node.children) {
      this.#claim(child, page);
      this.#buildBelow(child, level - 1, image);
    }
  }

  #claim(page: number, parent: number): void {
    if (this.parents.get(page) !== 0) {
      throw new Lost('page_twice');
    }
    this.parents.set(page, parent);
  }
}

/** The first index whose key is above `bound`; the number of keys if there is none. */
function firstAbove(keys: Float64Array, bound: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? Infinity) > bound) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
