import { z } from 'zod';
import { DurableMap } from './durable-map.ts';

/** How far a controller has dealt with the events of one bridge. */
export interface Cursor {
  /** Sequences count within it. */
  readonly epoch: string;
  /** Everything up to it is done. */
  readonly sequence: number;
}

/**
 * Where a controller keeps its cursors. What is acked to a bridge was saved before. A program whose handler writes to a
 * database can save the cursor in the same transaction, and have `save` do nothing: then no crash doubles an event.
 */
export interface CursorStore {
  load(bridgeId: string): Promise<Cursor | null> | Cursor | null;
  save(bridgeId: string, cursor: Cursor): Promise<void> | void;
}

const cursorSchema = z.object({ epoch: z.string(), sequence: z.int().nonnegative() });

/** Cursors in a file; each is on the disk before it is acked. */
export class FileCursorStore implements CursorStore {
  readonly #map: DurableMap<Cursor>;

  constructor(path: string) {
    this.#map = new DurableMap<Cursor>(path, cursorSchema);
  }

  load(bridgeId: string): Cursor | null {
    return this.#map.get(bridgeId);
  }

  save(bridgeId: string, cursor: Cursor): void {
    this.#map.set(bridgeId, cursor);
  }

  close(): void {
    this.#map.close();
  }
}

/** Cursors that end with the process: after a restart each bridge begins with what it was last acked. */
export class MemoryCursorStore implements CursorStore {
  readonly #cursors = new Map<string, Cursor>();

  load(bridgeId: string): Cursor | null {
    return this.#cursors.get(bridgeId) ?? null;
  }

  save(bridgeId: string, cursor: Cursor): void {
    this.#cursors.set(bridgeId, cursor);
  }
}
