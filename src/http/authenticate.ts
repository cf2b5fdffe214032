import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Scope } from '../contract/index.ts';
import { HttpError } from './errors.ts';
import type { HostGuard } from './host-guard.ts';
import type { Grant, KeysPort } from './ports.ts';

/**
 * What a route asks of its caller; every route declares it. `local_or_key`: a request from this machine needs no key
 * (but a key that it brings must be right), any other needs the scope.
 */
type RouteAuth =
  | { readonly need: 'key'; readonly scope: Scope }
  | { readonly need: 'local_or_key'; readonly scope: Scope }
  | { readonly need: 'nothing' };

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly auth?: RouteAuth;
  }
  interface FastifyRequest {
    /** Set once a key has been verified. */
    grant: Grant | null;
  }
}

const BEARER = /^Bearer +(\S+)$/iu;

/**
 * The grant of an `Authorization` header; `null` if there is no such header.
 * @throws HttpError `invalid_api_key`.
 */
export function grantOfHeader(header: string | undefined, keys: KeysPort): Grant | null {
  if (header === undefined) {
    return null;
  }
  const presented = BEARER.exec(header)?.[1];
  const grant = presented === undefined ? null : keys.verify(presented);
  if (grant === null) {
    throw new HttpError('invalid_api_key');
  }
  return grant;
}

export function hasScope(grant: Grant, scope: Scope): boolean {
  return grant.scopes.includes(scope);
}

/** Runs before the body is read: who may not come in, does not get it parsed either. */
export function authenticate(keys: KeysPort, guard: HostGuard): onRequestHookHandler {
  return (request, _reply, done) => {
    const auth = request.routeOptions.config.auth;
    if (request.is404 || auth === undefined || auth.need === 'nothing') {
      done();
      return;
    }
    const grant = grantOfHeader(request.headers.authorization, keys);
    request.grant = grant;
    if (auth.need === 'local_or_key' && guard.isLocal(request.raw)) {
      done();
      return;
    }
    if (grant === null) {
      throw new HttpError('missing_api_key');
    }
    if (!hasScope(grant, auth.scope)) {
      throw new HttpError('insufficient_scope', {
        message: `The API key lacks the scope ${auth.scope}.`,
      });
    }
    done();
  };
}

/** The grant that the hook above has put there; routes that need a key always have one. */
export function grantOf(request: Pick<FastifyRequest, 'grant'>): Grant {
  if (request.grant === null) {
    throw new HttpError('missing_api_key');
  }
  return request.grant;
}
