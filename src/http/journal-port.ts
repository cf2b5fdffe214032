import type { Journal, StreamServer } from '../events/index.ts';
import type { JournalPort, StreamPort } from './stream-port.ts';

/** Events looked at in one go; between two slices others have their turn. */
const SLICE = 500;
/** Of these, the most for one request: what is found until then is a page, and the client asks for the next. */
const SLICES = 100;

/** The journal as REST reads it. */
export function journalPort(journal: Journal): JournalPort {
  return {
    epoch: journal.epoch,
    head: () => journal.head(),
    oldest: () => journal.oldest(),
    firstSince: (at) => journal.firstSince(at),
    read: async (after, { limit, types, lines }) => {
      const filter = filterOf({ types, lines });
      const events = [];
      let from = after;
      for (let slice = 0; slice < SLICES && events.length < limit; slice += 1) {
        // What retention has removed meanwhile is a gap, which the next request is told of.
        if (slice > 0 && from < journal.oldest() - 1) {
          break;
        }
        const page = journal.read(from, SLICE, filter);
        events.push(...page.entries);
        from = page.scannedTo;
        if (page.isLast) {
          break;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      const shown = events.slice(0, limit);
      // Past the last that is shown nothing has been answered for, if there were more than fit.
      return { events: shown, scannedTo: events.length > limit ? (shown.at(-1)?.sequence ?? after) : from };
    },
  };
}

/** The streams as the doors hand connections to them. */
export function streamPort(streams: StreamServer): StreamPort {
  return {
    attach: (socket, request) => streams.attach(socket, { ...request, ...filterOf(request) }),
    attachSse: (response, request) => streams.attachSse(response, { ...request, ...filterOf(request) }),
  };
}

type Words = readonly string[] | null;

function filterOf({ types, lines }: { readonly types: Words; readonly lines: Words }) {
  return { types: setOf(types), lines: setOf(lines) };
}

function setOf(values: Words): ReadonlySet<string> | null {
  return values === null ? null : new Set(values);
}
