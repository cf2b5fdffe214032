import { createRequire } from 'node:module';
import type * as Mime from 'mime';

/** Its table takes megabytes, and few databases name a file without its type: loaded when it is asked. */
const library = (): typeof Mime => createRequire(import.meta.url)('mime');
let known: ReturnType<typeof library> | null = null;

/** Media types of what Messages alone sends, or names in another way than the table of the library. */
const OWN: Readonly<Record<string, string>> = {
  amr: 'audio/amr',
  caf: 'audio/x-caf',
  heics: 'image/heic-sequence',
  vcf: 'text/vcard',
};

const ENDING = /\.([a-z0-9]+)$/iu;

/** The media type that a file's ending stands for, or `null` if it has none that is known. */
export function mediaType(filename: string): string | null {
  const ending = ENDING.exec(filename)?.[1]?.toLowerCase();
  if (ending === undefined) {
    return null;
  }
  return (
    (Object.hasOwn(OWN, ending) ? OWN[ending] : undefined) ?? (known ??= library()).default.getType(ending)
  );
}
