/** A single-slot wake-up: any number of triggers before the next `wait` count as one, and none is lost. */
export class Pulse {
  #pending = false;
  #wake: (() => void) | null = null;

  trigger(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /** Resolves at the next trigger (at once if one is pending) or when the signal aborts. One waiter at a time. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#pending = false;
        this.#wake = null;
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      if (this.#pending || signal?.aborted === true) {
        finish();
        return;
      }
      this.#wake = finish;
      signal?.addEventListener('abort', finish, { once: true });
    });
  }
}
