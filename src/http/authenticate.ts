import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { z } from 'zod';
import type { Scope } from '../contract/index.ts';
import { HttpError } from './errors.ts';
import type { HostGuard } from './host-guard.ts';
import type { Clock } from '../runtime/index.ts';
import type { Grant, KeysPort } from './ports.ts';

/**
 * What a route asks of its caller; every route declares it. `local_or_key`: a request from this machine needs no key
 * (but a key that it brings must be right), any other needs the scope. `key_or_link`: a request without a key may
 * bring the signature of a link that was made for this one file.
 */
type RouteAuth =
  | { readonly need: 'key'; readonly scope: Scope }
  | { readonly need: 'local_or_key'; readonly scope: Scope }
  | { readonly need: 'key_or_link'; readonly scope: Scope }
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

/** Read before the route's own schema has run. */
const linkParts = z.object({
  id: z.string(),
  expires: z.string().regex(/^\d{1,16}$/u),
  signature: z.string(),
});

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
export function authenticate(keys: KeysPort, guard: HostGuard, clock: Clock): onRequestHookHandler {
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
      if (auth.need === 'key_or_link' && isSigned(request, keys, clock)) {
        done();
        return;
      }
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

/**
 * Whether a request came by a signed link.
 * @throws HttpError `file_link_invalid` for a link that is wrong or has expired.
 */
function isSigned(request: FastifyRequest, keys: KeysPort, clock: Clock): boolean {
  const { params, query } = request;
  const link = linkParts.safeParse({ ...Object(params), ...Object(query) });
  if (!link.success) {
    return false;
  }
  const { id, expires, signature } = link.data;
  if (!keys.fileLinks.isValid({ fileId: id, expires, signature }, clock.now())) {
    throw new HttpError('file_link_invalid', { param: 'signature' });
  }
  return true;
}

/** The grant that the hook above has put there; routes that need a key always have one. */
export function grantOf(request: Pick<FastifyRequest, 'grant'>): Grant {
  if (request.grant === null) {
    throw new HttpError('missing_api_key');
  }
  return request.grant;
}
