import mime from 'mime';

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
  return (Object.hasOwn(OWN, ending) ? OWN[ending] : undefined) ?? mime.getType(ending);
}
