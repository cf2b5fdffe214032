const CHUNK_BITS = 14;
const CHUNK = 1 << CHUNK_BITS;

/** A number for each page of the file, 4 bytes each; 0 for most. It grows by pieces, without copying. */
export class PageTable {
  #chunks: (Uint32Array | undefined)[] = [];

  get byteLength(): number {
    return this.#chunks.reduce((bytes, chunk) => bytes + (chunk?.byteLength ?? 0), 0);
  }

  get(page: number): number {
    return this.#chunks[page >>> CHUNK_BITS]?.[page & (CHUNK - 1)] ?? 0;
  }

  set(page: number, value: number): void {
    const index = page >>> CHUNK_BITS;
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      chunk = new Uint32Array(CHUNK);
      this.#chunks[index] = chunk;
    }
    chunk[page & (CHUNK - 1)] = value;
  }

  clear(): void {
    this.#chunks = [];
  }

  forEach(visit: (page: number, value: number) => void): void {
    for (const [index, chunk] of this.#chunks.entries()) {
      for (let at = 0; at < (chunk?.length ?? 0); at += 1) {
        const value = chunk?.[at] ?? 0;
        if (value !== 0) {
          visit(index * CHUNK + at, value);
        }
      }
    }
  }
}
