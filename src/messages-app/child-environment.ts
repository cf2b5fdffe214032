import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `osascript` needs of ours. The rest is none of its business. */
const KEPT = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', '__CF_USER_TEXT_ENCODING']);
const SECRET = /KEY|TOKEN|SECRET|PASSWORD/iu;

/**
 * The environment for `osascript`: a few names of `given`, filled up from the system, and a UTF-8 locale. A stand-in,
 * which may be a script that reads settings of its own, gets all of `given` but what is named like a secret of ours.
 */
export function childEnvironment(given: Environment, forStandIn: boolean): Environment {
  const kept = Object.entries(given).filter(([name]) =>
    forStandIn ? !(name.startsWith('BLUELINE_') && SECRET.test(name)) : KEPT.has(name),
  );
  return { ...ofTheSystem(), ...Object.fromEntries(kept), LANG: 'en_US.UTF-8' };
}

function ofTheSystem(): Environment {
  const paths = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin', dirname(process.execPath)];
  return { PATH: paths.join(':'), HOME: homedir(), TMPDIR: tmpdir() };
}
