import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasGuiSession, readClockOffset, readCodeIdentity, type Host } from '../host/index.ts';
import type { Sights, Traffic } from './sights.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The log may for a moment be one file longer than it keeps, and what crashes print lies beside it. */
const LOG_TOLERANCE = 2;

/** One thing that is looked at, by itself. */
export interface Look {
  readonly what: keyof Sights;
  readonly everyMs: number;
  /** A doctor's visit does not look at it: it takes long. */
  readonly isSlow?: boolean;
  readonly look: () => Promise<Partial<Sights>>;
}

export interface LookDeps {
  readonly host: Host;
  readonly uid: number;
  /** The Node that runs this. */
  readonly node: string;
  /** `null`: the log goes to no files of its own. */
  readonly logFolder: string | null;
  /** Bytes that the log's files take at the most. */
  readonly logBytes: number;
  /** Checks our own database on another thread: `ok`, or what is wrong with it. */
  readonly checkStore: () => Promise<string>;
  /** Reads some hundred rows of our own database. */
  readonly readTraffic: () => Traffic | null;
}

/** In the order in which they are looked at. What only a Mac can tell is left out elsewhere. */
export function looksOf(deps: LookDeps): readonly Look[] {
  const { host, uid, node, logFolder, logBytes, checkStore, readTraffic } = deps;
  const ofAMac: readonly Look[] = [
    {
      what: 'hasGuiSession',
      everyMs: MINUTE_MS,
      look: async () => ({ hasGuiSession: await hasGuiSession(host, uid) }),
    },
    {
      what: 'node',
      everyMs: 6 * HOUR_MS,
      look: async () => ({ node: await readCodeIdentity(host, node) }),
    },
    {
      what: 'clockOffset',
      everyMs: HOUR_MS,
      look: async () => ({ clockOffset: await readClockOffset(host) }),
    },
  ];
  return [
    ...(host.isMac ? ofAMac : []),
    {
      what: 'traffic',
      everyMs: 5 * MINUTE_MS,
      look: () => Promise.resolve({ traffic: readTraffic() }),
    },
    {
      what: 'log',
      everyMs: 10 * MINUTE_MS,
      look: async () => ({
        log:
          logFolder === null
            ? null
            : { bytes: await sizeOf(logFolder), limitBytes: LOG_TOLERANCE * logBytes },
      }),
    },
    {
      what: 'integrity',
      everyMs: 24 * HOUR_MS,
      isSlow: true,
      look: async () => ({ integrity: await checkStore() }),
    },
  ];
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) {
    // It may have been rotated away since.
    bytes += (await stat(join(folder, name)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}
