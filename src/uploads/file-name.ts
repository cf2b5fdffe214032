import mime from 'mime';

/** File systems of macOS and Linux allow 255 bytes; what is added in front or behind must still fit. */
const MAX_NAME_BYTES = 200;
const MAX_ENDING_BYTES = 20;

// Control, line and paragraph characters, and those that turn the direction of writing: `evil\u202Egpj.exe` reads as a picture.
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu;

/** Where the registry's first ending is not the one that people know, or there is none. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['audio/aac', 'aac'],
  ['audio/mpeg', 'mp3'],
  ['audio/ogg', 'ogg'],
  ['text/vcard', 'vcf'],
  ['video/quicktime', 'mov'],
]);

/**
 * A name that a person gave a file, as the recipient may see it: no folders, nothing invisible, no hidden file, at most
 * 200 bytes of UTF-8 with the ending kept. Without a name, or where the name has no ending, the type gives one.
 */
export function safeFileName(given: string | null, mediaType: string): string {
  const base = (given ?? '').split(/[/\\]/u).at(-1) ?? '';
  const clean = base
    .replace(INVISIBLE, '')
    .normalize('NFC')
    // The Finder shows a colon as a slash.
    .replace(/:/gu, '-')
    .replace(/^[\s.]+|[\s.]+$/gu, '');
  const known = ENDINGS.get(mediaType) ?? mime.getExtension(mediaType);
  const named = clean === '' ? 'file' : clean;
  const hasEnding = /.\.[^.\s]{1,20}$/u.test(named);
  return shorten(hasEnding || known === null || mediaType === UNKNOWN_TYPE ? named : `${named}.${known}`);
}

/** The type of a file of which nothing is known. */
export const UNKNOWN_TYPE = 'application/octet-stream';

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) {
    return name;
  }
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MAX_ENDING_BYTES ? name.slice(dot) : '';
  let stem = '';
  let room = MAX_NAME_BYTES - Buffer.byteLength(ending);
  for (const { segment } of new Intl.Segmenter('en').segment(name.slice(0, name.length - ending.length))) {
    room -= Buffer.byteLength(segment);
    if (room < 0) {
      break;
    }
    stem += segment;
  }
  return `${stem.trimEnd()}${ending}`;
}
