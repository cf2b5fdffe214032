import { lstatSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';

const MESSAGES_FOLDER = '~/Library/Messages/';

/**
 * Where the file of an attachment's row is: `~/Library/Messages` stands for the folder of chat.db, wherever that was
 * copied to. Any other path is given as it stands, and is none that this bridge vouches for.
 */
export function attachmentPath(stored: string, messagesFolder: string): string {
  return stored.startsWith(MESSAGES_FOLDER)
    ? resolve(messagesFolder, stored.slice(MESSAGES_FOLDER.length))
    : stored;
}

/**
 * Whether a regular file lies there, in a folder below that of Messages; beside chat.db itself lies no attachment. The
 * file is looked at and never opened: closing a descriptor on chat.db would drop SQLite's locks.
 */
export function isFileOfMessages(path: string, messagesFolder: string): boolean {
  const root = resolve(messagesFolder) + sep;
  const isBelow = isAbsolute(path) && resolve(path) === path && path.startsWith(root);
  if (!isBelow || !path.slice(root.length).includes(sep) || path.includes('\0')) {
    return false;
  }
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // A name that is too long, a folder that may not be looked into: the file is not within reach.
    return false;
  }
}
