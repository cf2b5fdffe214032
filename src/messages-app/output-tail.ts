/** The last bytes of a stream, at most `limitBytes` of them: a child may print without end, our memory may not grow with it. */
export class OutputTail {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #truncated = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // Joined only once twice the limit is held, so that many small chunks do not cost a copy each.
    if (this.#size > 2 * this.#limitBytes) {
      this.#cut();
    }
  }

  text(): string {
    this.#cut();
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  #cut(): void {
    if (this.#size <= this.#limitBytes) {
      return;
    }
    const kept = Buffer.concat(this.#chunks).subarray(-this.#limitBytes);
    this.#chunks = [Buffer.from(kept)];
    this.#size = kept.length;
    this.#truncated = true;
  }
}
