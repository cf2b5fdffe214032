import { readFileSync } from 'node:fs';
import { parse } from 'plist';
import { AGENT_LABEL } from '../host/index.ts';
import { BluelineError } from '../runtime/index.ts';
import type { Layout } from './layout.ts';

const TEMPLATE = new URL(`../../launchd/${AGENT_LABEL}.plist`, import.meta.url);

/**
 * The LaunchAgent for this layout: the template in `launchd/`, with its comments, filled in.
 * @throws BluelineError `installation_broken` if the template is missing, or asks for what is not known.
 */
export function agentPlist(layout: Layout): string {
  const values = new Map([
    ['LABEL', AGENT_LABEL],
    ['NODE', layout.node],
    ['MAIN', layout.main],
    ['LOGS', layout.logs],
    ['CRASH', layout.crash],
    ['DATA', layout.data],
    ['HOME', layout.home],
    ['CACHE', layout.cache],
  ]);
  return template().replaceAll(/@([A-Z]+)@/gu, (_whole, name: string) => {
    const value = values.get(name);
    if (value === undefined) {
      throw broken();
    }
    return escapeXml(value);
  });
}

/** What a LaunchAgent says, as launchd reads it; `null` for what is no property list. */
export function plistFields(xml: string): Readonly<Record<string, unknown>> | null {
  try {
    const read: unknown = parse(xml);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : null;
  } catch {
    return null;
  }
}

function template(): string {
  try {
    return readFileSync(TEMPLATE, 'utf8');
  } catch (error) {
    throw broken(error);
  }
}

function broken(cause?: unknown): BluelineError {
  return new BluelineError('installation_broken', 'The template of the LaunchAgent is missing or damaged.', {
    advice: 'Take the whole of Blueline again: a checkout, or a folder that `npm run build` made.',
    cause,
  });
}

/** A folder's name may hold what XML means something by. */
function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
