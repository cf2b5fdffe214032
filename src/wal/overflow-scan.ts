import type { Touched } from './apply-batch.ts';
import type { PageBatch } from './batch.ts';
import { Lost } from './lost.ts';
import { OverflowOwners } from './overflow-owners.ts';
import { PageIndex } from './page-index.ts';
import type { TableMap } from './table-map.ts';

/** How many leaves are read between two looks at the clock. */
const LEAVES_A_STEP = 8;

/**
 * Learns in slices which overflow pages belong to which leaf, by reading every leaf once in the order of its rows,
 * while batches go on changing them. What lies behind the scan's position is known, and kept up to date from then on.
 */
export class OverflowScan {
  readonly #map: TableMap;
  readonly #owners: OverflowOwners;
  /** Root → the ROWID up to which its leaves have been read. */
  readonly #positions: Map<number, number>;
  /** Leaves behind the position that a batch has filled with rows from before it. */
  readonly #unread = new Set<number>();
  /** Pages that were written and may be somebody's overflow pages: who they belong to is told at the end. */
  readonly #unexplained = new PageIndex();
  #isComplete = false;

  constructor(map: TableMap) {
    this.#map = map;
    this.#owners = new OverflowOwners(map);
    this.#positions = new Map([...map.roots.keys()].map((root) => [root, -Infinity]));
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get byteLength(): number {
    return this.#owners.byteLength + this.#unexplained.byteLength;
  }

  leafOf(overflowPage: number): number {
    return this.#owners.leafOf(overflowPage);
  }

  /** @returns the leaves that own a written overflow page and were not written themselves, as far as is known */
  update(touched: Touched, batch: PageBatch): readonly number[] {
    const isKnown = (leaf: number) => this.#isComplete || this.#isBehind(leaf);
    const { owners, unread } = this.#owners.update(touched, batch, isKnown);
    if (this.#isComplete) {
      if (unread.length > 0) {
        throw new Lost('overflow_chain');
      }
      return owners;
    }
    for (const leaf of unread) {
      this.#unread.add(leaf);
    }
    for (const page of touched.unknown) {
      this.#unexplained.set(page, 1);
    }
    return owners;
  }

  /**
   * Reads leaves until `isOver` says so. `image` gives any page of the state that the map is at.
   * @returns with the last leaf: the leaves that own a page which was written before its owner was known; else `null`
   */
  read(image: (page: number) => Uint8Array, isOver: () => boolean): readonly number[] | null {
    for (const [root, position] of this.#positions) {
      let upTo = position;
      while (upTo < Infinity) {
        for (let step = 0; step < LEAVES_A_STEP && upTo < Infinity; step += 1) {
          const leaf = this.#map.leafAfter(root, upTo);
          this.#owners.readLeaf(leaf, image);
          upTo = this.#map.locate(leaf).upTo;
          this.#positions.set(root, upTo);
        }
        if (isOver()) {
          return null;
        }
      }
    }
    for (const leaf of this.#unread) {
      if (this.#map.isLeaf(leaf)) {
        this.#owners.readLeaf(leaf, image);
      }
      this.#unread.delete(leaf);
    }
    this.#isComplete = true;
    return this.#explain();
  }

  #isBehind(leaf: number): boolean {
    const { root, upTo } = this.#map.locate(leaf);
    return upTo <= (this.#positions.get(root) ?? -Infinity);
  }

  #explain(): readonly number[] {
    const leaves = new Set<number>();
    this.#unexplained.forEach((page) => {
      if (this.#map.isOverflow(page)) {
        leaves.add(this.#owners.leafOf(page));
      }
    });
    this.#unexplained.clear();
    return [...leaves];
  }
}
