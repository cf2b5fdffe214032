/** Messages leaves `mime_type` empty on voice messages and on much that came over SMS. */
const TYPES: Readonly<Record<string, string>> = {
  amr: 'audio/amr',
  caf: 'audio/x-caf',
  csv: 'text/csv',
  gif: 'image/gif',
  heic: 'image/heic',
  heics: 'image/heic-sequence',
  heif: 'image/heif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  m4a: 'audio/mp4',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  vcf: 'text/vcard',
  wav: 'audio/wav',
  webp: 'image/webp',
  zip: 'application/zip',
};

/** The media type that a file's ending stands for, or `null` if it is none of those that people send. */
export function attachmentType(filename: string): string | null {
  const ending = /\.([a-z0-9]+)$/iu.exec(filename)?.[1]?.toLowerCase();
  return ending === undefined || !Object.hasOwn(TYPES, ending) ? null : (TYPES[ending] ?? null);
}
