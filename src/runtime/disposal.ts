/**
 * What has been opened and must be closed, in reverse order. Every step runs even if an earlier one throws; the
 * failures come together in one AggregateError. Closing twice is harmless.
 */
export class Disposal {
  readonly #steps: { readonly name: string; readonly close: () => void | Promise<void> }[] = [];
  #closing: Promise<void> | null = null;

  add(name: string, close: () => void | Promise<void>): void {
    this.#steps.push({ name, close });
  }

  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      try {
        await step.close();
      } catch (error) {
        errors.push(new Error(`closing ${step.name} failed`, { cause: error }));
      }
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, 'Some parts of the bridge did not close cleanly');
    }
  }
}
