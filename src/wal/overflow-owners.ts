import type { Touched } from './apply-batch.ts';
import type { PageBatch } from './batch.ts';
import { u32 } from './bytes.ts';
import { Lost } from './lost.ts';
import { PageIndex } from './page-index.ts';
import type { TableMap } from './table-map.ts';
import { readOverflowCells } from './table-pages.ts';

/** Where an overflow page says that the next one is; `null`: not known without reading the file. */
type NextOf = (page: number) => number | null;

/**
 * Which leaf each overflow page belongs to. An update that keeps a row's size writes only the pages whose bytes differ,
 * which may be an overflow page alone. The page before it is held in the map's `parents`, the page after it here, so
 * that chains can be taken apart and put together from what a batch holds, without reading any page that was not
 * written.
 */
export class OverflowOwners {
  readonly #map: TableMap;
  /** Leaf → the first overflow page of one of its rows. */
  readonly #heads = new PageIndex();
  /** First overflow page → that of another row of the same leaf. */
  readonly #siblings = new PageIndex();
  /** Overflow page → the one after it. */
  readonly #next = new PageIndex();
  /** Pages that have lost the page before them in this batch. Those that find no other are freed, with what follows. */
  readonly #orphans = new Set<number>();
  readonly #toFree: number[] = [];
  /** Written pages that a chain was followed through in this batch. */
  readonly #followed = new Set<number>();
  readonly #cells: number[] = [];

  constructor(map: TableMap) {
    this.#map = map;
  }

  get byteLength(): number {
    return this.#heads.byteLength + this.#siblings.byteLength + this.#next.byteLength;
  }

  /**
   * Brings the chains to the state after the batch, which the map must have already.
   * @param isKnown whether a leaf's chains are to be held; of the others they are forgotten
   * @returns the leaves that own a written overflow page and were not written themselves, and the leaves whose chains
   * lie in pages that are not known yet, so that they have to be read with `readLeaf`
   */
  update(
    touched: Touched,
    batch: PageBatch,
    isKnown: (leaf: number) => boolean,
  ): { readonly owners: readonly number[]; readonly unread: readonly number[] } {
    // First everything is taken apart, then put together: a row may have moved from one of these leaves to another.
    for (const page of touched.reused) {
      this.#cut(page);
    }
    for (const leaf of touched.formerLeaves) {
      this.#detach(leaf);
    }
    this.#followed.clear();
    const nextOf: NextOf = (page) => {
      if (batch.has(page)) {
        return u32(batch.image(page), 0);
      }
      return this.#isKnown(page) ? this.#next.get(page) : null;
    };
    const unread = touched.leaves.filter(
      (leaf) => isKnown(leaf) && !this.#attach(leaf, batch.image(leaf), nextOf),
    );
    this.#freeOrphans();
    const owners = this.#ownersOf(touched.overflow, batch);
    this.#freeOrphans();
    return { owners, unread };
  }

  /**
   * Reads a leaf's chains anew. `image` gives any page of the state that the map is at.
   * @throws Lost as `image` does; then the leaf has to be read again
   */
  readLeaf(leaf: number, image: (page: number) => Uint8Array): void {
    this.#detach(leaf);
    try {
      this.#attach(leaf, image(leaf), (page) => u32(image(page), 0));
    } finally {
      this.#freeOrphans();
    }
  }

  /** The leaf whose row goes on in this page. */
  leafOf(overflowPage: number): number {
    const map = this.#map;
    let page = overflowPage;
    for (let steps = 0; map.isOverflow(page); steps += 1) {
      if (steps > map.geometry.pages) {
        throw new Lost('overflow_chain');
      }
      page = map.before(page);
    }
    return page;
  }

  #isKnown(page: number): boolean {
    return this.#map.isOverflow(page) || this.#orphans.has(page);
  }

  /** @returns whether all its chains could be followed to their ends */
  #attach(leaf: number, image: Uint8Array, nextOf: NextOf): boolean {
    const cells = this.#cells;
    readOverflowCells(image, leaf, this.#map.geometry, cells);
    let isWhole = true;
    for (let index = 0; index < cells.length; index += 2) {
      const chain = this.#follow(cells[index] ?? 0, cells[index + 1] ?? 0, nextOf);
      if (chain === null) {
        isWhole = false;
      } else {
        this.#link(leaf, chain);
      }
    }
    return isWhole;
  }

  #follow(first: number, length: number, nextOf: NextOf): readonly number[] | null {
    const { pages } = this.#map.geometry;
    if (length > pages) {
      throw new Lost('overflow_chain');
    }
    const chain = [first];
    for (let page = first; chain.length < length;) {
      const next = nextOf(page);
      if (next === null) {
        return null;
      }
      if (next < 2 || next > pages) {
        throw new Lost('overflow_chain');
      }
      chain.push(next);
      page = next;
    }
    return chain;
  }

  #link(leaf: number, chain: readonly number[]): void {
    const [head] = chain;
    if (head === undefined) {
      return;
    }
    let before = leaf;
    for (const [index, page] of chain.entries()) {
      this.#map.setAfter(page, before);
      this.#setNext(page, chain[index + 1] ?? 0);
      this.#followed.add(page);
      before = page;
    }
    const sibling = this.#heads.get(leaf);
    if (sibling !== 0) {
      this.#siblings.set(head, sibling);
    }
    this.#heads.set(leaf, head);
  }

  #setNext(page: number, next: number): void {
    const old = this.#next.get(page);
    if (old === next) {
      return;
    }
    if (next === 0) {
      this.#next.delete(page);
    } else {
      this.#next.set(page, next);
    }
    this.#orphan(old, page);
  }

  /** What stood after `before` does so no more, unless it has got another place already. */
  #orphan(page: number, before: number): void {
    if (page !== 0 && this.#map.isAfter(page, before)) {
      this.#map.parents.set(page, 0);
      this.#orphans.add(page);
      this.#toFree.push(page);
    }
  }

  #cut(page: number): void {
    const next = this.#next.get(page);
    this.#next.delete(page);
    this.#orphan(next, page);
  }

  #detach(leaf: number): void {
    let head = this.#heads.get(leaf);
    this.#heads.delete(leaf);
    while (head !== 0) {
      const sibling = this.#siblings.get(head);
      this.#siblings.delete(head);
      this.#orphan(head, leaf);
      head = sibling;
    }
  }

  #freeOrphans(): void {
    for (let page = this.#toFree.pop(); page !== undefined; page = this.#toFree.pop()) {
      if (this.#map.parents.get(page) === 0) {
        this.#cut(page);
      }
    }
    this.#orphans.clear();
  }

  #ownersOf(written: readonly number[], batch: PageBatch): readonly number[] {
    const map = this.#map;
    const climbed = new Set<number>();
    const owners = new Set<number>();
    for (const overflowPage of written) {
      if (this.#followed.has(overflowPage) || !map.isOverflow(overflowPage)) {
        continue;
      }
      this.#relink(overflowPage, batch);
      let page = overflowPage;
      while (map.isOverflow(page) && !climbed.has(page)) {
        climbed.add(page);
        page = map.before(page);
      }
      if (!map.isOverflow(page)) {
        owners.add(page);
      }
    }
    return [...owners];
  }

  /** With auto_vacuum a page in the middle of a chain may move: then the page before it is written, and no leaf. */
  #relink(written: number, batch: PageBatch): void {
    const old = this.#next.get(written);
    if (old === 0) {
      return;
    }
    let before = written;
    let page = u32(batch.image(written), 0);
    if (page === old) {
      return;
    }
    const seen = new Set<number>();
    for (;;) {
      if (seen.has(page) || page === 0 || !(batch.has(page) || this.#isKnown(page))) {
        throw new Lost('overflow_chain');
      }
      seen.add(page);
      this.#setNext(before, page);
      this.#map.setAfter(page, before);
      if (!batch.has(page)) {
        return;
      }
      const next = u32(batch.image(page), 0);
      if (next === 0 || next === this.#next.get(page)) {
        this.#setNext(page, next);
        return;
      }
      before = page;
      page = next;
    }
  }
}
