import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/**
 * A path of this bridge as a whole URL, under the name by which the client reached it: clients of Messages.dev hand a
 * link on as it is, and a path alone leads nowhere. A proxy in front says by `X-Forwarded-Proto` and `-Host` what the
 * client knows. The path itself where nothing tells the name.
 */
export function absoluteUrl(request: IncomingMessage, path: string): string {
  const { headers, socket } = request;
  const scheme = first(headers['x-forwarded-proto']) ?? (socket instanceof TLSSocket ? 'https' : 'http');
  const host = first(headers['x-forwarded-host']) ?? headers.host;
  const origin = `${scheme}://${host ?? ''}`;
  return /^https?$/u.test(scheme) && /^[\w.:[\]-]+$/u.test(host ?? '') && URL.canParse(origin)
    ? new URL(path, origin).href
    : path;
}

/** Every proxy on the way adds its own; the first is what the client said. */
function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim();
}
