import { u16, u32, varint, varintLength } from './bytes.ts';
import { Lost } from './lost.ts';

/** The kinds of page that the tree of a table with ROWIDs has. */
export const TABLE_LEAF = 13;
export const TABLE_INTERIOR = 5;

/** What is the same for all pages of one database. */
export interface Geometry {
  readonly pageSize: number;
  /** `pageSize` without the reserved bytes at the end of each page. */
  readonly usable: number;
  /** How many pages the database has; moves on with each batch. */
  pages: number;
}

/** Child `i` holds the ROWIDs above `keys[i - 1]`, up to and with `keys[i]`; there is one key less than children. */
export interface Interior {
  readonly children: Uint32Array;
  readonly keys: Float64Array;
}

const INTERIOR_HEADER = 12;
const LEAF_HEADER = 8;

/** On page 1 the database header comes first. */
function headerOffset(page: number): number {
  return page === 1 ? 100 : 0;
}

export function pageType(image: Uint8Array, page: number): number {
  return image[headerOffset(page)] ?? 0;
}

/** @throws Lost for a page whose bytes make no sense */
export function parseInterior(image: Uint8Array, page: number, geometry: Geometry): Interior {
  const at = headerOffset(page);
  const count = u16(image, at + 3);
  const pointers = at + INTERIOR_HEADER;
  const firstCell = pointers + 2 * count;
  if (pageType(image, page) !== TABLE_INTERIOR || firstCell > geometry.usable) {
    throw new Lost('malformed_page');
  }
  const children = new Uint32Array(count + 1);
  const keys = new Float64Array(count);
  let previous = -Infinity;
  for (let index = 0; index < count; index += 1) {
    const cell = u16(image, pointers + 2 * index);
    // A cell is a page number and a varint, which takes at least one byte.
    if (cell < firstCell || cell + 5 > geometry.usable) {
      throw new Lost('malformed_page');
    }
    const key = varint(image, cell + 4);
    if (!Number.isSafeInteger(key)) {
      throw new Lost('rowid_out_of_range');
    }
    if (key <= previous) {
      throw new Lost('malformed_page');
    }
    children[index] = pageNumber(image, cell, geometry);
    keys[index] = key;
    previous = key;
  }
  children[count] = pageNumber(image, at + 8, geometry);
  return { children, keys };
}

function pageNumber(image: Uint8Array, at: number, geometry: Geometry): number {
  const page = u32(image, at);
  if (page < 2 || page > geometry.pages) {
    throw new Lost('malformed_page');
  }
  return page;
}

/**
 * The rows of a leaf that go on in overflow pages: for each the first such page and how many there are, one after the
 * other in `into`, which is emptied first.
 * @throws Lost for a page whose bytes make no sense
 */
export function readOverflowCells(image: Uint8Array, page: number, geometry: Geometry, into: number[]): void {
  const { usable } = geometry;
  into.length = 0;
  const at = headerOffset(page);
  const count = u16(image, at + 3);
  const pointers = at + LEAF_HEADER;
  const firstCell = pointers + 2 * count;
  if (pageType(image, page) !== TABLE_LEAF || firstCell > usable) {
    throw new Lost('malformed_page');
  }
  // "Cell Payload Overflow Pages" in SQLite's file format; X, M and K are its names.
  const x = usable - 35;
  const m = Math.floor(((usable - 12) * 32) / 255) - 23;
  for (let index = 0; index < count; index += 1) {
    const cell = u16(image, pointers + 2 * index);
    if (cell < firstCell || cell + 2 > usable) {
      throw new Lost('malformed_page');
    }
    const payload = varint(image, cell);
    if (payload <= x) {
      continue;
    }
    const k = m + ((payload - m) % (usable - 4));
    const local = k <= x ? k : m;
    const sizeLength = varintLength(image, cell);
    const first = cell + sizeLength + varintLength(image, cell + sizeLength) + local;
    if (first + 4 > usable || payload >= 2 ** 31) {
      throw new Lost('malformed_page');
    }
    into.push(pageNumber(image, first, geometry), Math.ceil((payload - local) / (usable - 4)));
  }
}
