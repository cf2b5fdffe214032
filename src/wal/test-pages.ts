/** Pages of 512 bytes, as far as the map reads them. */
export const SMALL = 512;

/** @param children each with the greatest ROWID below it, which counts for all but the last */
export function interiorPage(children: readonly (readonly [page: number, upTo: number])[]): Buffer {
  const page = Buffer.alloc(SMALL);
  page.writeUInt8(5, 0);
  page.writeUInt16BE(children.length - 1, 3);
  page.writeUInt32BE(children.at(-1)?.[0] ?? 0, 8);
  for (const [index, [child, upTo]] of children.slice(0, -1).entries()) {
    const cell = SMALL - 8 * (index + 1);
    page.writeUInt16BE(cell, 12 + 2 * index);
    page.writeUInt32BE(child, cell);
    // A varint of two bytes.
    page.writeUInt8(0x80 | (upTo >> 7), cell + 4);
    page.writeUInt8(upTo & 0x7f, cell + 5);
  }
  return page;
}

export function leafPage(): Buffer {
  const page = Buffer.alloc(SMALL);
  page.writeUInt8(13, 0);
  return page;
}
