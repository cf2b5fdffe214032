import { readFileSync, statSync } from 'node:fs';
import { errorCode } from '../runtime/index.ts';

/** A token is a word: what a header can carry. */
const TOKEN = /^[\x21-\x7E]{16,512}$/u;

/**
 * The controller's token, read anew for each connection, so that a new one counts without a restart.
 * @returns the reason, as a stable word, where it cannot be used: nobody but its owner may be able to read the file.
 */
export function readToken(path: string): { readonly token: string } | { readonly problem: string } {
  try {
    // Files of Windows' kind of rights are not what this runs on.
    if ((statSync(path).mode & 0o077) !== 0) {
      return { problem: 'token_file_readable_by_others' };
    }
    const token = readFileSync(path, 'utf8').trim();
    return TOKEN.test(token) ? { token } : { problem: 'token_file_holds_no_token' };
  } catch (error) {
    return { problem: `token_file_${errorCode(error)}` };
  }
}
