import type { IncomingMessage } from 'node:http';
import { isLoopback } from './bind.ts';

/** Headers by which a proxy shows that the request came from elsewhere. */
const FORWARDING = [
  'forwarded',
  'via',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
] as const;

export interface HostGuard {
  /** Whether the request may be served under the host name that it was made with. */
  allows(request: IncomingMessage): boolean;
  /** Whether it was made on this machine, under a local name, and not through a proxy. */
  isLocal(request: IncomingMessage): boolean;
  /** Whether it comes from no browser page, or from a page of this very host. */
  allowsOrigin(request: IncomingMessage): boolean;
}

/**
 * A page on the web can point its own name at 127.0.0.1 and read what a local server answers (DNS rebinding). The
 * name stays in the Host header, so a bridge on loopback answers to local names only, and to those configured.
 */
export function createHostGuard(config: {
  readonly host: string;
  readonly hostNames: readonly string[];
}): HostGuard {
  const names = new Set(config.hostNames.map((name) => name.toLowerCase()));
  const isLocalName = (name: string | null) => name === null || isLoopback(name);
  return {
    allows: ({ headers, rawHeaders }) => {
      const name = hostName(headers.host);
      // Of two names, a proxy in front may have looked at the other (RFC 9112, 3.2).
      return (
        rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length <= 1 &&
        (!isLoopback(config.host) || isLocalName(name) || (name !== null && names.has(name)))
      );
    },
    isLocal: ({ headers, socket }) =>
      isLoopback(socket.remoteAddress ?? '') &&
      isLocalName(hostName(headers.host)) &&
      FORWARDING.every((name) => headers[name] === undefined),
    allowsOrigin: ({ headers }) => {
      const { origin, host } = headers;
      return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
    },
  };
}

/** The name in a Host header, without port and brackets; `null` if there is none (HTTP/1.0). */
function hostName(header: string | undefined): string | null {
  if (header === undefined || header === '') {
    return null;
  }
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/u.exec(header);
  return (bracketed?.[1] ?? header.replace(/:\d*$/u, '')).toLowerCase();
}
