import type { WireOutboxItem } from '../contract/index.ts';
import { refusalOf, verdictOf, type CertainFailure } from './outcome.ts';
import type { CommandOutcome } from './pending-commands.ts';

/**
 * Sees a command that was given over the link to its end, by the events that tell of it, and calls when it is certain
 * that it failed. Resolves at once; what is still open is followed behind.
 */
export async function followItem(options: {
  readonly outcome: CommandOutcome;
  readonly onCertainFailure: (failure: CertainFailure) => void | Promise<void>;
  /** Lets the listener hear of each state of an item, until it says that this was the last. */
  readonly watch: (itemId: string, listener: (item: ItemState) => boolean) => void;
  readonly onProblem: (error: unknown) => void;
}): Promise<void> {
  const { outcome, onCertainFailure, watch, onProblem } = options;
  switch (outcome.result) {
    case 'not_sent':
      await onCertainFailure({ kind: 'not_sent' });
      return;
    case 'rejected': {
      const failure = outcome.error === undefined ? null : refusalOf(outcome.error);
      if (failure !== null) {
        await onCertainFailure(failure);
      }
      return;
    }
    case 'unknown':
      return;
    case 'accepted':
    case 'duplicate':
      break;
    default:
      outcome satisfies never;
  }
  if (!('outbox' in outcome) || outcome.outbox === undefined) {
    return;
  }
  const { outbox } = outcome;
  /** @returns whether that was its end */
  const judge = (item: WireOutboxItem): boolean => {
    const verdict = verdictOf(item);
    if (verdict.end === 'failed') {
      Promise.resolve(onCertainFailure(verdict.failure)).catch(onProblem);
    }
    return verdict.end !== 'open';
  };
  if (!judge(outbox)) {
    watch(outbox.id, (item) => judge({ ...item, request_id: outbox.request_id }));
  }
}

export type ItemState = Omit<WireOutboxItem, 'request_id'>;

/** The newest states of items that are kept for whoever asks a moment too late. */
const MAX_KEPT = 1_000;

/** What events tell of items, for those who wait for one. An answer and the events of it may come in either order. */
export class ItemWatch {
  readonly #listeners = new Map<string, Set<(item: ItemState) => boolean>>();
  readonly #latest = new Map<string, ItemState>();

  note(key: string, item: ItemState): void {
    this.#latest.delete(key);
    this.#latest.set(key, item);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > MAX_KEPT && oldest !== undefined) {
      this.#latest.delete(oldest);
    }
    const listeners = this.#listeners.get(key);
    for (const listener of listeners ?? []) {
      if (listener(item)) {
        listeners?.delete(listener);
      }
    }
    if (listeners?.size === 0) {
      this.#listeners.delete(key);
    }
  }

  /** @param listener told of each state, until it returns that this was the last */
  watch(key: string, listener: (item: ItemState) => boolean): void {
    const latest = this.#latest.get(key);
    if (latest !== undefined && listener(latest)) {
      return;
    }
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
  }
}
