import { existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, ok, warn, type DoctorDeps, type Found } from './check.ts';

/** Below this the store may soon not take another message, and Messages neither. */
const FAIL_FREE_BYTES = 500_000_000;
const WARN_FREE_BYTES = 5_000_000_000;
/** Files that hold a key, a text or a handle. */
const PRIVATE = /^(?:blueline\.db|cli\.key|instance\.lock|before-upgrade\.db|.*\.(?:key|token|secret))/u;

export function checkDisk({ dataFolder }: DoctorDeps): Found {
  const { bavail, bsize } = statfsSync(nearestThereIs(dataFolder));
  const free = bavail * bsize;
  const told = `${(free / 1_000_000_000).toFixed(1)} GB are free.`;
  const cure = 'Free some space on this Mac.';
  if (free < FAIL_FREE_BYTES) {
    return fail(told, cure);
  }
  return free < WARN_FREE_BYTES ? warn(told, cure) : ok(told);
}

export function checkDataFolder({ dataFolder }: DoctorDeps): Found {
  if (!existsSync(dataFolder)) {
    return warn(`${dataFolder} is not there yet.`, 'The first start of the daemon makes it.');
  }
  const open = readdirSync(dataFolder)
    .filter((name) => PRIVATE.test(name))
    .filter((name) => (statSync(join(dataFolder, name)).mode & 0o077) !== 0);
  return open.length === 0
    ? ok(`${dataFolder}; what is secret in it can be read by this user alone.`)
    : fail(
        `In ${dataFolder} others can read ${open.join(', ')}.`,
        `chmod 600 ${open.map((name) => `'${join(dataFolder, name)}'`).join(' ')}`,
      );
}

export function checkLogVolume({ logFolder, logBytes }: DoctorDeps): Found {
  if (logFolder === null) {
    return ok('It goes to the terminal, or wherever the daemon was started from.');
  }
  const names = readNames(logFolder);
  const bytes = names.reduce(
    (sum, name) => sum + (statSync(join(logFolder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const told = `${logFolder}: ${names.length} files, ${(bytes / 1_000_000).toFixed(1)} MB.`;
  return bytes > 2 * logBytes
    ? warn(
        told,
        'Look what is in there beside the log; it keeps itself below log.file_bytes × (log.files + 1).',
      )
    : ok(told);
}

/** The folder, or the one in which it would be made. */
function nearestThereIs(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestThereIs(dirname(folder));
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
