import type { FastifyReply } from 'fastify';
import type { GuardPort } from './guard-port.ts';

type Entry = ReturnType<GuardPort['usage']>['entries'][number];

/**
 * What is left, as structured fields (IETF draft "RateLimit header fields for HTTP"): the policies with quota `q` and
 * window `w` in seconds, and the state with what remains `r` and the seconds `t` until one more fits. A limit without a
 * whole quota, such as a ratio, has no place in them.
 */
export function rateHeaders(usage: ReturnType<GuardPort['usage']>): Readonly<Record<string, string>> {
  const entries = usage.entries.filter(({ kind, limit }) => kind !== 'warn' && Number.isInteger(limit));
  const counted = entries.filter(({ rule }) => rule !== 'ratio_limit');
  return counted.length === 0
    ? {}
    : {
        'ratelimit-policy': counted
          .map((entry) => `"${nameOf(entry, counted)}";q=${entry.limit};w=${entry.windowSeconds}`)
          .join(', '),
        ratelimit: counted
          .map(
            (entry) =>
              `"${nameOf(entry, counted)}";r=${Math.floor(entry.remaining)}${waitOf(entry, usage.at)}`,
          )
          .join(', '),
      };
}

/** Sets them beside those that stand there already. */
export function addRates(reply: FastifyReply, rates: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(rates)) {
    const before = reply.getHeader(name);
    void reply.header(name, before === undefined ? value : `${String(before)}, ${value}`);
  }
}

/**
 * Those of the line, on the answer to what has been accepted. Where the store cannot be read they are left out: a client
 * that is told of a failure sends again.
 */
export function addUsage(reply: FastifyReply, guard: Pick<GuardPort, 'usage'>): void {
  try {
    addRates(reply, rateHeaders(guard.usage()));
  } catch {
    // Whoever wants them asks for the line's usage, and is told why there is none.
  }
}

/** The rule; where it has two windows, the shorter one with its length. */
function nameOf(entry: Entry, all: readonly Entry[]): string {
  if (entry.of !== null) {
    return `${entry.rule}/${entry.of}`;
  }
  const isShorter = all.some(
    ({ rule, of, windowSeconds }) =>
      rule === entry.rule && of === null && windowSeconds > entry.windowSeconds,
  );
  return isShorter ? `${entry.rule}/${entry.windowSeconds}` : entry.rule;
}

function waitOf({ nextSlotAt }: Entry, now: number): string {
  return nextSlotAt === null ? '' : `;t=${Math.max(0, Math.ceil((nextSlotAt - now) / 1000))}`;
}
