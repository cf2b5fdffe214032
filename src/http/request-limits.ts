import type { FastifyInstance } from 'fastify';
import type { Clock } from '../runtime/index.ts';
import { HttpError } from './errors.ts';
import type { HostGuard } from './host-guard.ts';
import { addRates } from './rate-headers.ts';

const HOUR_MS = 3_600_000;
/** Reading events is how a client keeps up; it must never be told to wait. */
const UNCOUNTED = /^\/v1\/events(?:\/|$)|^\/(?:health|livez|metrics|openapi\.json)$/u;

/**
 * Counts the requests of each key over a rolling hour and refuses those past the limit. Kept in memory: a daemon that is
 * started anew begins at zero. Must be called after the hook that authenticates is added.
 */
export function limitRequests(
  app: FastifyInstance,
  deps: {
    readonly clock: Clock;
    readonly guard: HostGuard;
    readonly perHour: { readonly onLoopback: number | null; readonly elsewhere: number | null };
  },
): void {
  const { clock, guard, perHour } = deps;
  const windows = new Map<string, number[]>();

  app.addHook('onRequest', (request, reply, done) => {
    const { grant, routeOptions } = request;
    const limit = guard.isLocal(request.raw) ? perHour.onLoopback : perHour.elsewhere;
    if (grant === null || limit === null || request.is404 || UNCOUNTED.test(routeOptions.url ?? '')) {
      done();
      return;
    }
    const now = clock.now();
    const times = windows.get(grant.keyId) ?? [];
    const newest = times.at(-1) ?? 0;
    // A clock that was set back leaves times ahead of it, which nobody has to wait for.
    const kept = newest > now ? times.length : times.findIndex((at) => at > now - HOUR_MS);
    times.splice(0, kept === -1 ? times.length : kept);
    const [oldest] = times;
    const isFull = times.length >= limit;
    if (!isFull) {
      times.push(now);
    }
    windows.set(grant.keyId, times);
    const freeIn = Math.max(1, Math.ceil(((oldest ?? now) + HOUR_MS - now) / 1000));
    addRates(reply, {
      'ratelimit-policy': `"requests";q=${limit};w=${HOUR_MS / 1000}`,
      ratelimit: `"requests";r=${limit - times.length};t=${freeIn}`,
    });
    if (isFull) {
      throw new HttpError('rate_limit_exceeded', { retryAfter: freeIn });
    }
    done();
  });
}
