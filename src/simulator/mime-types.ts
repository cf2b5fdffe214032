import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.mov': 'video/quicktime',
  '.mp4': 'video/mp4',
  '.m4a': 'audio/x-m4a',
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
  '.vcf': 'text/vcard',
};

/** The type that Messages notes for a file of that name; `null` where it often notes none (voice messages, for one). */
export function mimeTypeOf(name: string): string | null {
  return TYPES[extname(name).toLowerCase()] ?? null;
}
