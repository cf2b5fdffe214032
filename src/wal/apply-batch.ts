import type { PageBatch } from './batch.ts';
import { Lost } from './lost.ts';
import type { RangeCollector } from './ranges.ts';
import { LOOSE, MAX_DEPTH, type Place, type TableMap } from './table-map.ts';
import { pageType, parseInterior, TABLE_LEAF, type Interior } from './table-pages.ts';

/** What a batch did to the trees, for those who follow the overflow pages. */
export interface Touched {
  /** Leaves that were written, and stand in a tree now. */
  readonly leaves: readonly number[];
  /** Leaves of before that were written or have left their tree. */
  readonly formerLeaves: readonly number[];
  /** Known overflow pages that were written. */
  readonly overflow: readonly number[];
  /** Known overflow pages that have become pages of a tree. */
  readonly reused: readonly number[];
  /** Written pages that none of the tables had, and that may be overflow pages. */
  readonly unknown: readonly number[];
}

/** An interior page as it was before the batch. */
interface Former {
  readonly page: number;
  /** `undefined` for a root that was a leaf. */
  readonly node: Interior | undefined;
  readonly level: number;
  readonly place: Place;
}

/**
 * Brings the map to the state after the batch, and collects which rows may have changed: the ROWIDs of every written
 * leaf as they were and as they are, and those of every leaf that has gone. A leaf that was not written keeps its rows.
 * @throws Lost for anything that does not fit; the map is of no use then
 */
export function applyBatch(map: TableMap, batch: PageBatch, ranges: RangeCollector): Touched {
  return new Application(map, batch, ranges).run();
}

class Application {
  readonly #map: TableMap;
  readonly #batch: PageBatch;
  readonly #ranges: RangeCollector;
  readonly #writtenLeaves: number[] = [];
  readonly #writtenNodes: Former[] = [];
  readonly #overflow: number[] = [];
  readonly #unknown: number[] = [];
  readonly #reused: number[] = [];
  readonly #gone: number[] = [];
  readonly #visited = new Set<number>();
  /** Page that was not written → written interior pages below it, with no written page in between. */
  readonly #below = new Map<number, Former[]>();
  /** Written leaves that were reached through a written interior page. */
  readonly #reached: number[] = [];

  constructor(map: TableMap, batch: PageBatch, ranges: RangeCollector) {
    this.#map = map;
    this.#batch = batch;
    this.#ranges = ranges;
  }

  run(): Touched {
    this.#batch.forEach((page) => this.#sort(page));
    for (const page of this.#writtenLeaves) {
      this.#report(page);
    }
    if (this.#writtenNodes.length > 0) {
      this.#restructure();
    }
    return {
      leaves: this.#leavesNow(),
      formerLeaves: [...this.#writtenLeaves, ...this.#gone],
      overflow: this.#overflow,
      reused: this.#reused,
      unknown: this.#unknown.filter((page) => !this.#visited.has(page)),
    };
  }

  #sort(page: number): void {
    const map = this.#map;
    if (map.isOverflow(page)) {
      this.#overflow.push(page);
      return;
    }
    if (!map.isInTree(page)) {
      this.#unknown.push(page);
      return;
    }
    const node = map.nodes.get(page);
    if (node === undefined) {
      this.#writtenLeaves.push(page);
      if (!map.roots.has(page) || pageType(this.#batch.image(page), page) === TABLE_LEAF) {
        return;
      }
    }
    this.#writtenNodes.push({ page, node, level: map.levelOf(page), place: map.locate(page) });
  }

  #report(leaf: number): void {
    this.#reportPlace(this.#map.locate(leaf));
  }

  #reportPlace({ root, after, upTo }: Place): void {
    this.#ranges.add(this.#map.roots.get(root) ?? '', { after, upTo });
  }

  /**
   * Only pages that are reached from a root count: the last image of a page that was freed later in the same batch is
   * an old one. So the written interior pages are attached from the top down, each after the one above it.
   */
  #restructure(): void {
    const { parents } = this.#map;
    const topmost = this.#writtenNodes.filter((former) => !this.#hangsBelowWritten(former));
    for (const { page, node } of this.#writtenNodes) {
      for (const child of node?.children ?? []) {
        if (parents.get(child) === page) {
          parents.set(child, LOOSE);
        }
      }
    }
    for (const former of topmost) {
      this.#attachFormer(former);
    }
    for (const { node, place } of this.#writtenNodes) {
      this.#dropChildren(node, LOOSE, place, 0);
    }
  }

  /** Whether a page above it was written too. Then it is noted at those in between, and attached with them. */
  #hangsBelowWritten(former: Former): boolean {
    const { parents } = this.#map;
    const between: number[] = [];
    let page = former.page;
    for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
      const parent = parents.get(page);
      if (parent === page) {
        return false;
      }
      if (this.#batch.has(parent)) {
        for (const kept of between) {
          this.#below.set(kept, [...(this.#below.get(kept) ?? []), former]);
        }
        return true;
      }
      between.push(parent);
      page = parent;
    }
    throw new Lost('too_deep');
  }

  /** A written page whose place in the tree has not changed; so neither has its level, unless it is a root. */
  #attachFormer({ page, level }: Former): void {
    const parent = this.#map.parents.get(page);
    if (this.#attachWritten(page, parent, 0) !== level && parent !== page) {
      throw new Lost('uneven_depth');
    }
  }

  /** @returns the page's level */
  #attachWritten(page: number, parent: number, depth: number): number {
    const map = this.#map;
    if (depth > MAX_DEPTH) {
      throw new Lost('too_deep');
    }
    if (this.#visited.has(page)) {
      throw new Lost('page_twice');
    }
    this.#visited.add(page);
    if (map.isOverflow(page)) {
      this.#reused.push(page);
    }
    map.parents.set(page, parent);
    const image = this.#batch.image(page);
    if (pageType(image, page) === TABLE_LEAF) {
      map.nodes.delete(page);
      this.#reached.push(page);
      return 0;
    }
    const node = parseInterior(image, page, map.geometry);
    map.nodes.set(page, node);
    let level: number | null = null;
    for (const child of node.children) {
      const below = this.#batch.has(child)
        ? this.#attachWritten(child, page, depth + 1)
        : this.#attachKept(child, page);
      level ??= below;
      if (level !== below) {
        throw new Lost('uneven_depth');
      }
    }
    return (level ?? 0) + 1;
  }

  /** A page that was not written is what it was, only perhaps in another place. */
  #attachKept(page: number, parent: number): number {
    const map = this.#map;
    const before = map.parents.get(page);
    if (before === 0 || map.isOverflow(page)) {
      throw new Lost('unknown_page');
    }
    if (before !== LOOSE && (before === page || this.#visited.has(before))) {
      throw new Lost('page_twice');
    }
    map.parents.set(page, parent);
    for (const former of this.#below.get(page) ?? []) {
      this.#attachFormer(former);
    }
    return map.levelOf(page);
  }

  /** Those of a former page's children whose parent is still `parent`, and all below them, have left the tree. */
  #dropChildren(node: Interior | undefined, parent: number, place: Place, depth: number): void {
    const map = this.#map;
    if (depth > MAX_DEPTH) {
      throw new Lost('too_deep');
    }
    for (const [index, page] of (node?.children ?? []).entries()) {
      if (map.parents.get(page) !== parent) {
        continue;
      }
      map.parents.set(page, 0);
      const below = map.nodes.get(page);
      const after = node?.keys[index - 1] ?? place.after;
      const upTo = node?.keys[index] ?? place.upTo;
      if (below === undefined) {
        this.#reportPlace({ root: place.root, after, upTo });
        this.#gone.push(page);
      } else {
        map.nodes.delete(page);
        this.#dropChildren(below, page, { root: place.root, after, upTo }, depth + 1);
      }
    }
  }

  /** The written leaves that stand in a tree now. Their rows are reported where they are, as they were where they had been. */
  #leavesNow(): readonly number[] {
    const map = this.#map;
    const stayed = this.#writtenLeaves.filter((page) => !this.#visited.has(page) && map.isLeaf(page));
    for (const page of stayed) {
      if (pageType(this.#batch.image(page), page) !== TABLE_LEAF) {
        throw new Lost('wrong_page_type');
      }
    }
    const leaves = [...stayed, ...this.#reached];
    if (this.#writtenNodes.length > 0) {
      for (const page of leaves) {
        this.#report(page);
      }
    }
    return leaves;
  }
}
