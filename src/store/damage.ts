import { errorCode } from '../runtime/index.ts';

/**
 * Whether SQLite says of a file that what stands in it is wrong (`SQLITE_CORRUPT`, `SQLITE_NOTADB`). A full disk, a
 * missing permission and a failing read are none of that: the file may be whole, and must stay where it is.
 */
export function isDamage(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
}
