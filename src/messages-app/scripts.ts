import { readFileSync } from 'node:fs';
import { BluelineError } from '../runtime/index.ts';

/** The names of the constant scripts, which are also the first words of their first lines. */
type ScriptName = 'send-text' | 'send-file' | 'probe' | 'poke' | 'relaunch';

/**
 * The source of a script, from the file beside this module.
 * @throws BluelineError `installation_broken` if the file is not there.
 */
export function readScript(name: ScriptName): string {
  try {
    return readFileSync(new URL(`./scripts/${name}.applescript`, import.meta.url), 'utf8');
  } catch (error) {
    throw new BluelineError('installation_broken', `The script ${name} is missing from this installation.`, {
      advice: 'Install Blueline again.',
      cause: error,
    });
  }
}
