import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';

/** A picture that goes into the page, or why it cannot. */
export type InlineImage =
  | { readonly outcome: 'shown'; readonly uri: string }
  | { readonly outcome: 'missing' | 'too_large' | 'not_an_image' };

/** A page of hundreds of pictures must still open. */
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * A picture as a `data:` URI. Only regular files inside the folder of Messages are read, whatever the row says, and
 * what kind of picture it is is told by its first bytes: the row's word would let any file be called one.
 */
export function inlineImage(path: string, folder: string): InlineImage {
  const bytes = readConfined(path, folder);
  if (!Buffer.isBuffer(bytes)) {
    return { outcome: bytes };
  }
  const type = imageType(bytes);
  return type === null
    ? { outcome: 'not_an_image' }
    : { outcome: 'shown', uri: `data:${type};base64,${bytes.toString('base64')}` };
}

function readConfined(path: string, folder: string): Buffer | 'missing' | 'too_large' {
  let descriptor: number | null = null;
  try {
    const real = realpathSync(path);
    if (!['Attachments', 'StickerCache'].some((name) => isInside(real, join(folder, name)))) {
      return 'missing';
    }
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      return 'missing';
    }
    if (stats.size > MAX_BYTES) {
      return 'too_large';
    }
    const bytes = Buffer.alloc(stats.size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, stats.size, 0));
  } catch {
    return 'missing';
  } finally {
    if (descriptor !== null) {
      closeSync(descriptor);
    }
  }
}

function isInside(path: string, folder: string): boolean {
  try {
    return path.startsWith(realpathSync(folder) + sep);
  } catch {
    return false;
  }
}

/** The kinds that every browser shows, by their signatures. SVG is left out: it is a document. */
function imageType(bytes: Buffer): string | null {
  const text = (start: number, end: number) => bytes.toString('latin1', start, end);
  if (text(0, 8) === '\u0089PNG\r\n\u001A\n') {
    return 'image/png';
  }
  if (text(0, 3) === '\u00FF\u00D8\u00FF') {
    return 'image/jpeg';
  }
  if (/^GIF8[79]a/u.test(text(0, 6))) {
    return 'image/gif';
  }
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') {
    return 'image/webp';
  }
  return text(4, 12) === 'ftypavif' ? 'image/avif' : null;
}
