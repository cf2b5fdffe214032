import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Certificate } from './tls-files.ts';

/** Even the largest file must have arrived by then; for other requests the limit is shorter. */
const REQUEST_TIMEOUT_MS = 3_600_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the usual minute of proxies, so that it is they who end an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

const LIMITS: ServerOptions = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // Offers of other protocols (h2c) are ignored, as HTTP allows, and the request is served as it is.
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
};

/** A server that takes the same requests, in the same time, with and without TLS. */
export interface DoorServer {
  readonly server: Server;
  /** Serves those who come from now on with another certificate. */
  readonly renew: (certificate: Certificate) => void;
}

export function createDoorServer(listener: RequestListener, certificate: Certificate | null): DoorServer {
  if (certificate === null) {
    return { server: createServer(LIMITS, listener), renew: () => undefined };
  }
  const server = createTlsServer(
    { ...LIMITS, ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    listener,
  );
  return { server, renew: (renewed) => server.setSecureContext(renewed) };
}
