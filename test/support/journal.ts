import type { Journal } from '../../src/events/index.ts';

/** Journals so many events that say nothing in particular. */
export function happen(journal: Journal, count: number): void {
  journal.write((append) => {
    for (let index = 0; index < count; index += 1) {
      append({ type: 'bridge.started', version: '1' });
    }
  });
}
