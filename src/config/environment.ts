/** The config's second door: what a command needs of its surroundings before it asks for any setting. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';

/** The process's environment. The only place that reads it. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Where the store, the keys and `config.yaml` live: `BLUELINE_HOME`, else the system's place for application data. */
export function dataFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['BLUELINE_HOME'];
  if (home !== undefined && home !== '') {
    return home;
  }
  return process.platform === 'darwin'
    ? join(homedir(), 'Library', 'Application Support', 'Blueline')
    : envPaths('blueline', { suffix: '' }).data;
}
