import { parse } from 'yaml';
import { allowedKeys } from './allowed-keys.ts';
import { sections } from './schema.ts';
import { z } from 'zod';

/** Names that belong to the whole program rather than to a key of the file. */
const OWN_NAMES = new Set([
  'BLUELINE_HOME',
  'BLUELINE_URL',
  'BLUELINE_API_KEY',
  'BLUELINE_OSASCRIPT',
  'BLUELINE_LISTEN_SECRET',
]);

/** What one variable sets, and where in the file it would stand. */
export interface EnvironmentValue {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** `BLUELINE_<SECTION>_<KEY>…` for every key of the file, at any depth. */
export function environmentNames(): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>([['BLUELINE_OSASCRIPT', ['messages', 'osascript']]]);
  const file = z.object(sections);
  const add = (path: readonly string[]): void => {
    const keys = allowedKeys(file, path);
    for (const key of keys) {
      add([...path, key]);
    }
    if (keys.length === 0) {
      names.set(`BLUELINE_${path.join('_')}`.toUpperCase(), path);
    }
  };
  add([]);
  return names;
}

/** What the environment sets, with each value read as YAML reads it, and the names that mean nothing. */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  readonly values: readonly EnvironmentValue[];
  readonly unknown: readonly string[];
} {
  const names = environmentNames();
  const values: EnvironmentValue[] = [];
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('BLUELINE_') || value === undefined || value === '') {
      continue;
    }
    const path = names.get(variable);
    if (path !== undefined) {
      values.push({ variable, path, value: scalar(path, value) });
    } else if (!OWN_NAMES.has(variable)) {
      unknown.push(variable);
    }
  }
  return { values, unknown };
}

/** The variable that set what stands at a place, or the nearest above it. */
export function variableAt(values: readonly EnvironmentValue[], place: readonly string[]): string | null {
  const found = values.find(({ path }) => path.every((key, index) => place[index] === key));
  return found?.variable ?? null;
}

/** Text keys keep the words as they are (a bridge may be called `1`), the others are read as YAML reads them. */
const TEXT_KEYS = new Set([
  'bridge.id',
  'messages.db',
  'messages.osascript',
  'http.host',
  'http.tls.cert',
  'http.tls.key',
  'lines.sendable',
  'lines.time_zone',
  'lines.card_name',
  'lines.card_organization',
  'lines.backup_numbers',
  'limits.rules.quiet_hours.from',
  'limits.rules.quiet_hours.to',
  'files.afconvert',
  'controller.url',
  'controller.token_file',
  'controller.ca_file',
  'log.level',
  'mac.tools',
]);

function scalar(path: readonly string[], value: string): unknown {
  return TEXT_KEYS.has(path.join('.')) ? value : parse(value);
}
