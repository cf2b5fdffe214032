/** Items on their way from a socket to a program that takes them one by one. One taker at a time. */
export class ItemQueue<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  #wake: (() => void) | null = null;
  #end: { readonly error: unknown } | 'ended' | null = null;
  #onRoom: (() => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns whether there is room for more; what is put all the same is kept */
  put(item: T): boolean {
    this.#items.push(item);
    this.#wake?.();
    return this.#items.length < this.#limit;
  }

  /** Called whenever half of the room is free again. */
  onRoom(listener: () => void): () => void {
    this.#onRoom = listener;
    return () => {
      if (this.#onRoom === listener) {
        this.#onRoom = null;
      }
    };
  }

  end(): void {
    this.#end ??= 'ended';
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /**
   * The next item; `null` at the end or when the signal aborts.
   * @throws what the queue failed with, once all items are taken
   */
  async take(signal: AbortSignal): Promise<T | null> {
    while (this.#items.length === 0 && this.#end === null && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const finish = () => {
          this.#wake = null;
          signal.removeEventListener('abort', finish);
          resolve();
        };
        this.#wake = finish;
        signal.addEventListener('abort', finish, { once: true });
      });
    }
    if (signal.aborted) {
      return null;
    }
    const item = this.#items.shift();
    if (item !== undefined) {
      if (this.#items.length === Math.floor(this.#limit / 2)) {
        this.#onRoom?.();
      }
      return item;
    }
    if (this.#end !== null && this.#end !== 'ended') {
      throw this.#end.error;
    }
    return null;
  }
}
