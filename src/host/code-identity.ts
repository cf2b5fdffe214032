import { realpathSync } from 'node:fs';
import type { Host } from './host.ts';

/** The team that signs the builds of nodejs.org. */
const NODE_TEAM = 'HX7739G8FX';

/** By what macOS remembers a permission that was given to a program: its resolved path and its signature. */
export interface CodeIdentity {
  /** With every symbolic link resolved. */
  readonly realPath: string;
  /** The path leads to the file over a symbolic link. */
  readonly isLinked: boolean;
  /** It lies in a folder whose name holds its version, so that the next version is another program. */
  readonly isVersionedPlace: boolean;
  /** `null`: ad hoc or not at all, so that the next build is another program too; or it could not be found out. */
  readonly team: string | null;
  readonly isNodeTeam: boolean;
  /** It is signed by nobody, as far as codesign says so. */
  readonly isAdHoc: boolean;
}

const VERSIONED = /\/(?:Cellar|\.nvm|\.fnm|\.volta|\.asdf|mise|n\/versions|nodenv)\//u;

export async function readCodeIdentity(host: Host, path: string): Promise<CodeIdentity> {
  const realPath = resolved(path);
  // What it tells goes to stderr (codesign(1)).
  const end = await host.run('codesign', ['-d', '--verbose=2', realPath]);
  const said = end.end === 'exited' ? `${end.stderr}\n${end.stdout}` : '';
  const found = /^TeamIdentifier=(\w+)/mu.exec(said)?.[1] ?? null;
  const team = found === 'not' ? null : found;
  return {
    realPath,
    isLinked: realPath !== path,
    isVersionedPlace: VERSIONED.test(realPath),
    team,
    isNodeTeam: team === NODE_TEAM,
    isAdHoc: found === 'not' || /is not signed at all/u.test(said),
  };
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
