import { sequence, type Sequence } from '../domain/index.ts';
import type { Journal, JournalFilter } from '../events/index.ts';
import type { EndpointSettings } from './endpoint.ts';

/** Events looked at in one go. */
export const PAGE = 100;
/** Deliveries of an endpoint that may wait at once; what comes behind stays in the journal for now. */
export const MAX_PENDING = 20_000;

const ALL: JournalFilter = { types: null, lines: null };

type Entry = ReturnType<Journal['read']>['entries'][number];

/** One event; `null` if it is no longer kept. */
export function entryAt(journal: Journal, at: Sequence): Entry | null {
  const [entry] = journal.read(sequence(at - 1), 1, ALL).entries;
  return entry !== undefined && entry.sequence === at ? entry : null;
}

/** Which events an endpoint asks for, by type and line. */
export function filterOf({ events, lines }: EndpointSettings): JournalFilter {
  return {
    types: events === null ? null : new Set(events),
    lines: lines === null ? null : new Set(lines),
  };
}
