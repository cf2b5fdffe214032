import { dataFolder, loadConfig } from '../config/index.ts';
import { readCliKey } from './cli-key.ts';
import { readDaemonFile } from './daemon-file.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './failure.ts';
import type { Environment } from './io.ts';

/** Where the daemon is, and what opens it. */
export interface DaemonAddress {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string | null;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u;

/**
 * `BLUELINE_URL`, else what the running daemon wrote into the data folder, else the configured address.
 * `BLUELINE_API_KEY`, else `cli.key` of the data folder, which is never shown to another machine.
 */
export function findDaemon(environment: Environment): DaemonAddress {
  const folder = dataFolder(environment);
  const given = environment['BLUELINE_URL'] ?? '';
  const url = given === '' ? (readDaemonFile(folder)?.url ?? configuredUrl(environment)) : checkUrl(given);
  const key = environment['BLUELINE_API_KEY'] ?? '';
  if (key !== '') {
    return { url, key };
  }
  return { url, key: LOOPBACK.test(new URL(url).hostname) ? readKey(folder) : null };
}

function checkUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw new CliError(
      EXIT.usage,
      'url_invalid',
      'BLUELINE_URL is no http or https address.',
      'Example: BLUELINE_URL=http://127.0.0.1:5463',
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/u, '');
}

function configuredUrl(environment: Environment): string {
  const { host, port, tls } = loadConfig(environment).config.http;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === null ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function readKey(folder: string): string | null {
  try {
    return readCliKey(folder);
  } catch {
    throw new CliError(
      EXIT.environment,
      'key_unreadable',
      'The key in the data folder (cli.key) cannot be read.',
      'Run the command as the user that runs the daemon, or set BLUELINE_API_KEY.',
    );
  }
}
