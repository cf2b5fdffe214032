const MIN_CAPACITY = 64;
/** 2^32 divided by the golden ratio: neighbouring page numbers land far from each other. */
const MULTIPLIER = 0x9e37_79b1;

/**
 * Page number → a number above 0, in two typed arrays: 8 bytes a slot, half to three quarters of them taken. A `Map`
 * takes about five times as much.
 */
export class PageIndex {
  #keys = new Uint32Array(MIN_CAPACITY);
  #values = new Uint32Array(MIN_CAPACITY);
  #shift = 32 - Math.log2(MIN_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#keys.byteLength + this.#values.byteLength;
  }

  /** 0 for a page that is not here. */
  get(page: number): number {
    return this.#values[this.#slotOf(page)] ?? 0;
  }

  set(page: number, value: number): void {
    let slot = this.#slotOf(page);
    if (this.#keys[slot] === 0) {
      if ((this.#size + 1) * 4 > this.#keys.length * 3) {
        this.#grow();
        slot = this.#slotOf(page);
      }
      this.#keys[slot] = page;
      this.#size += 1;
    }
    this.#values[slot] = value;
  }

  delete(page: number): void {
    let hole = this.#slotOf(page);
    if (this.#keys[hole] === 0) {
      return;
    }
    this.#size -= 1;
    const mask = this.#keys.length - 1;
    // Linear probing without tombstones: whatever comes behind and may stand in the hole moves up.
    for (let slot = (hole + 1) & mask; this.#keys[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#home(this.#keys[slot] ?? 0);
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.#keys[hole] = this.#keys[slot] ?? 0;
        this.#values[hole] = this.#values[slot] ?? 0;
        hole = slot;
      }
    }
    this.#keys[hole] = 0;
    this.#values[hole] = 0;
  }

  clear(): void {
    if (this.#keys.length > MIN_CAPACITY) {
      this.#allocate(MIN_CAPACITY);
    } else {
      this.#keys.fill(0);
      this.#values.fill(0);
    }
    this.#size = 0;
  }

  forEach(visit: (page: number, value: number) => void): void {
    const keys = this.#keys;
    const values = this.#values;
    for (let slot = 0; slot < keys.length; slot += 1) {
      const page = keys[slot] ?? 0;
      if (page !== 0) {
        visit(page, values[slot] ?? 0);
      }
    }
  }

  #home(page: number): number {
    return Math.imul(page, MULTIPLIER) >>> this.#shift;
  }

  #slotOf(page: number): number {
    const mask = this.#keys.length - 1;
    let slot = this.#home(page);
    for (;;) {
      const key = this.#keys[slot];
      if (key === page || key === 0) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #allocate(capacity: number): void {
    this.#keys = new Uint32Array(capacity);
    this.#values = new Uint32Array(capacity);
    this.#shift = 32 - Math.log2(capacity);
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#allocate(keys.length * 2);
    for (let old = 0; old < keys.length; old += 1) {
      const page = keys[old] ?? 0;
      if (page !== 0) {
        const slot = this.#slotOf(page);
        this.#keys[slot] = page;
        this.#values[slot] = values[old] ?? 0;
      }
    }
  }
}
