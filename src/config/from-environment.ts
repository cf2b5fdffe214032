import { parse } from 'yaml';
import { sections } from './schema.ts';

/** Names that belong to the whole program rather than to a key of the file. */
const OWN_NAMES = new Set(['BLUELINE_HOME', 'BLUELINE_URL', 'BLUELINE_API_KEY', 'BLUELINE_OSASCRIPT']);

/** `BLUELINE_<SECTION>_<KEY>` for every key of the file. */
export function environmentNames(): ReadonlyMap<string, readonly [section: string, key: string]> {
  const names = new Map<string, readonly [string, string]>([
    ['BLUELINE_OSASCRIPT', ['messages', 'osascript']],
  ]);
  for (const [section, schema] of Object.entries(sections)) {
    for (const key of Object.keys(schema.shape)) {
      names.set(`BLUELINE_${section}_${key}`.toUpperCase(), [section, key]);
    }
  }
  return names;
}

/** What the environment sets, in the file's shape, with each value read as YAML reads a scalar, and the names that mean nothing. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly unknown: readonly string[];
} {
  const names = environmentNames();
  const values: Record<string, Record<string, unknown>> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('BLUELINE_') || value === undefined || value === '') {
      continue;
    }
    const path = names.get(name);
    if (path === undefined) {
      if (!OWN_NAMES.has(name)) {
        unknown.push(name);
      }
      continue;
    }
    const [section, key] = path;
    values[section] = { ...values[section], [key]: scalar(section, key, value) };
  }
  return { values, unknown };
}

/** Text keys keep the words as they are (a bridge may be called `1`), the others are read as YAML reads them. */
function scalar(section: string, key: string, value: string): unknown {
  const textKeys = new Set([
    'bridge.id',
    'messages.db',
    'messages.osascript',
    'http.host',
    'lines.sendable',
    'lines.card_name',
    'lines.card_organization',
    'lines.backup_numbers',
    'files.afconvert',
    'log.level',
  ]);
  return textKeys.has(`${section}.${key}`) ? value : parse(value);
}
