import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Layout } from './layout.ts';

/** What is there of an installation. */
export interface Installed {
  /** `null`: nothing is installed. */
  readonly version: string | null;
  /** The LaunchAgent as it stands. */
  readonly plist: string | null;
  /** An installation was cut off between taking the old version away and putting the new one there. */
  readonly wasCutOff: boolean;
}

export function readInstalled(layout: Layout): Installed {
  const hasApp = existsSync(layout.app);
  const wasCutOff = !hasApp && existsSync(layout.previous);
  return {
    version: versionIn(wasCutOff ? layout.previous : layout.app),
    plist: readOrNull(layout.plist),
    wasCutOff,
  };
}

function versionIn(app: string): string | null {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
    return z.looseObject({ version: z.string() }).parse(manifest).version;
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
