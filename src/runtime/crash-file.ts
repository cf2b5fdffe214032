import { closeSync, openSync, readSync, fstatSync, ftruncateSync, writeFileSync } from 'node:fs';

/** What the process prints as it dies, in the folder of the log; launchd writes it. */
export const CRASH_FILE = 'crash.log';

const MAX_BYTES = 1_048_576;
/** Of a file that is too large its end is kept, beside it. */
const KEPT_BYTES = 262_144;

/**
 * Keeps launchd's file for what a dying process prints from growing for ever: launchd never begins it anew. It has the
 * file open for appending, so that it can be emptied under its hands, but not replaced.
 */
export function trimCrashFile(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch {
    // There is none, or it is nobody's business here.
    return;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_BYTES) {
      const end = Buffer.alloc(KEPT_BYTES);
      readSync(fd, end, 0, KEPT_BYTES, size - KEPT_BYTES);
      writeFileSync(`${path}.old`, end, { mode: 0o600 });
      ftruncateSync(fd, 0);
    }
  } finally {
    closeSync(fd);
  }
}
