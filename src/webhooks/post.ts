import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import type { Clock } from '../runtime/index.ts';
import type { AttemptError } from './endpoint.ts';
import { allowsAddress, hostOf, type TargetRules } from './targets.ts';

/** Of an answer's body no more is read than this; only its beginning is of any interest. */
const READ_BYTES = 65_536;
/** What is kept of it. */
const KEPT_BYTES = 1_024;
/** An idle connection is kept for so long; most servers close theirs after 5 s. */
const IDLE_MS = 4_000;

/** Why no answer came. */
type PostError = Exclude<AttemptError, 'bad_status' | 'redirect_refused' | 'event_expired' | 'skipped'>;

export type PostResult =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      /** The header, as it came. */
      readonly retryAfter: string | null;
      /** How the body begins. */
      readonly body: string;
    }
  | { readonly outcome: 'failed'; readonly error: PostError };

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** The process is stopping; the attempt then counts as never made. */
  readonly signal: AbortSignal;
}

export interface Poster {
  /** One request. Never rejects, follows no redirect; `null` if it was aborted. */
  post(request: PostRequest): Promise<PostResult | null>;
  close(): void;
}

/** Looks a name up; that of the system unless a test plays another. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What is under way, and why it was ended before it was over. */
interface Exchange {
  request: ClientRequest | null;
  ending: 'timed_out' | 'aborted' | null;
}

/** The target's address is one that must not be dialled. */
class TargetNotAllowed extends Error {
  readonly code = 'target_not_allowed';
}

/** Made of Node's own client: it takes the lookup that judges each address before it is dialled, and asks no proxy. */
export function createPoster(options: {
  readonly clock: Clock;
  readonly rules: TargetRules;
  readonly resolve?: Resolve;
}): Poster {
  const { clock, rules, resolve = systemLookup } = options;
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: IDLE_MS }),
    https: new HttpsAgent({ keepAlive: true, timeout: IDLE_MS }),
  };

  const lookup: LookupFunction = (host, wanted, done) => {
    resolve(host, { ...wanted, all: true }, (error, addresses) => {
      const allowed = addresses?.filter(({ address }) => allowsAddress(address, host, rules)) ?? [];
      const [first] = allowed;
      if (error !== null) {
        done(error, '', 0);
      } else if (first === undefined) {
        done(new TargetNotAllowed('no address of the target may be dialled'), '', 0);
      } else if (wanted.all === true) {
        done(null, allowed);
      } else {
        done(null, first.address, first.family);
      }
    });
  };

  const attempt = (
    wanted: PostRequest,
    isFresh: boolean,
    dial: (request: ClientRequest) => void,
  ): Promise<PostResult | { readonly outcome: 'stale' }> =>
    new Promise((settle) => {
      const { url } = wanted;
      const init = {
        method: 'POST',
        headers: { ...wanted.headers, 'content-length': Buffer.byteLength(wanted.body) },
        lookup,
      };
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...init, agent: isFresh ? false : agents.https })
          : httpRequest(url, { ...init, agent: isFresh ? false : agents.http });
      let answer: IncomingMessage | null = null;
      request.on('socket', (socket) => {
        // Whatever the lookup said: what counts is the address at the other end.
        whenConnected(socket, () => {
          if (!allowsAddress(socket.remoteAddress ?? '', hostOf(url), rules)) {
            request.destroy(new TargetNotAllowed('the address at the other end must not be dialled'));
          }
        });
      });
      request.on('response', (response) => {
        answer = response;
        void readAnswer(response).then(settle);
      });
      request.on('error', (error) => {
        if (answer === null) {
          settle(
            isStale(error, request) ? { outcome: 'stale' } : { outcome: 'failed', error: errorOf(error) },
          );
        }
      });
      dial(request);
      request.end(wanted.body);
    });

  return {
    post: async (wanted) => {
      const exchange: Exchange = { request: null, ending: null };
      const end = (why: 'timed_out' | 'aborted') => {
        exchange.ending ??= why;
        exchange.request?.destroy();
      };
      const timer = clock.after(wanted.timeoutMs, () => end('timed_out'));
      const abort = () => end('aborted');
      wanted.signal.addEventListener('abort', abort, { once: true });
      try {
        // A kept connection that the receiver has closed meanwhile tells so only when it is used: a new one decides.
        for (let isFresh = false; ; isFresh = true) {
          if (wanted.signal.aborted) {
            return null;
          }
          const result = await attempt(wanted, isFresh, (request) => {
            exchange.request = request;
          });
          const { ending } = exchange;
          if (ending !== null && result.outcome !== 'answered') {
            return ending === 'aborted' ? null : { outcome: 'failed', error: 'timed_out' };
          }
          if (result.outcome !== 'stale') {
            return result;
          }
        }
      } finally {
        timer.cancel();
        wanted.signal.removeEventListener('abort', abort);
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function whenConnected(socket: Socket, run: () => void): void {
  if (socket.connecting) {
    socket.once('connect', run);
  } else {
    run();
  }
}

/**
 * The answer: its status counts once it is whole, or longer than anybody reads. One of success that breaks off is none,
 * because the receiver may have broken off with it; any other says no all the same.
 */
function readAnswer(response: IncomingMessage): Promise<PostResult> {
  return new Promise((settle) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const status = response.statusCode ?? 0;
    const answered = (): PostResult => ({
      outcome: 'answered',
      status,
      retryAfter: response.headers['retry-after'] ?? null,
      body: Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8'),
    });
    const brokenOff = (): PostResult =>
      status >= 200 && status < 300 ? { outcome: 'failed', error: 'connection_closed' } : answered();
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= READ_BYTES) {
        chunks.push(chunk);
      } else {
        settle(answered());
        response.destroy();
      }
    });
    response.on('end', () => settle(answered()));
    response.on('error', () => settle(brokenOff()));
    response.on('close', () => settle(response.complete ? answered() : brokenOff()));
  });
}

function isStale(error: NodeJS.ErrnoException, request: ClientRequest): boolean {
  return request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function errorOf(error: NodeJS.ErrnoException): PostError {
  const code = error.code ?? '';
  if (error instanceof TargetNotAllowed) {
    return 'target_not_allowed';
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('HPE_')) {
    return 'connection_closed';
  }
  return /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/u.test(code)
    ? 'tls_failed'
    : 'unreachable';
}
