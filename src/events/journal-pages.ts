import type { Sequence } from '../domain/index.ts';
import type { Journal, JournalEntry } from './journal.ts';

type Page = {
  readonly limit: number;
  /** `null` lets all pass. */
  readonly types: readonly string[] | null;
  /** `ln_…` ids. */
  readonly lines: readonly string[] | null;
};

/** The journal by pages of a given size, whatever their filter leaves out. */
export function journalPages(journal: Journal) {
  return {
    epoch: journal.epoch,
    head: () => journal.head(),
    oldest: () => journal.oldest(),
    read: (after: Sequence, { limit, types, lines }: Page): readonly JournalEntry[] => {
      const filter = { types: setOf(types), lines: setOf(lines) };
      const found: JournalEntry[] = [];
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

export function setOf(values: readonly string[] | null): ReadonlySet<string> | null {
  return values === null ? null : new Set(values);
}
