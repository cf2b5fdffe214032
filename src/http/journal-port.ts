import type { Journal } from '../events/index.ts';
import type { JournalPort } from './ports.ts';

/** The journal as REST reads it. */
export function journalPort(journal: Journal): JournalPort {
  return {
    epoch: journal.epoch,
    head: () => journal.head(),
    oldest: () => journal.oldest(),
    firstSince: (at) => journal.firstSince(at),
    read: (after, { limit, types, lines }) => {
      const filter = { types: setOf(types), lines: setOf(lines) };
      const found = [];
      // Pages are filtered after they are read: go on until the asked number is there, or the journal ends.
      for (let from = after; found.length < limit;) {
        const page = journal.read(from, limit, filter);
        if (page.scannedTo === from) {
          break;
        }
        found.push(...page.entries);
        from = page.scannedTo;
      }
      return found.slice(0, limit);
    },
  };
}

function setOf(values: readonly string[] | null): ReadonlySet<string> | null {
  return values === null ? null : new Set(values);
}
