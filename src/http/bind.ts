import { isIP } from 'node:net';
import { BluelineError } from '../runtime/index.ts';

/** Whether an address that is listened on, or that a peer has, stays inside this machine. */
export function isLoopback(address: string): boolean {
  const bare = address.replace(/^::ffff:/iu, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Refuses to carry keys and texts over a network in the clear.
 * @throws BluelineError `http_bind_refused`.
 */
export function checkBind(config: {
  readonly host: string;
  readonly tls: object | null;
  readonly allowPlain: boolean;
}): void {
  if (!isLoopback(config.host) && config.tls === null && !config.allowPlain) {
    throw new BluelineError(
      'http_bind_refused',
      'The configured address is reachable from other machines, and the connection would not be encrypted.',
      {
        advice:
          'Keep http.host at 127.0.0.1, or set http.tls, or put a proxy that adds TLS in front and set http.allow_plain: true.',
      },
    );
  }
}

/** Why listening failed, with what to do about it. */
export function listenError(error: unknown, config: { readonly port: number }): BluelineError {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    return new BluelineError('http_port_in_use', `Port ${config.port} is taken by another program.`, {
      advice: 'Stop that program (maybe another Blueline), or choose another http.port (0 takes a free one).',
      cause: error,
    });
  }
  return new BluelineError('http_bind_failed', 'The configured address and port cannot be listened on.', {
    advice: 'Check http.host (an address of this machine) and http.port (above 1023 for a normal user).',
    cause: error,
  });
}

/** The URL under which a program on this machine reaches a server that listens on the address. */
export function urlOf(
  { host, tls }: { readonly host: string; readonly tls: object | null },
  port: number,
): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === null ? 'http' : 'https'}://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`;
}
