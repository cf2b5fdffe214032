import { readFileSync } from 'node:fs';

/** Blueline's own version. */
export function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version = typeof read === 'object' && read !== null && 'version' in read ? read.version : null;
  if (typeof version !== 'string') {
    throw new TypeError('package.json names no version');
  }
  return version;
}
