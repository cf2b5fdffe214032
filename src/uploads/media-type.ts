import mime from 'mime';
import { UNKNOWN_TYPE } from './file-name.ts';

/** How much of a file is looked at: the signatures of archives and films may stand behind long headers. */
export const HEAD_BYTES = 65_536;

/** What a client says when it has nothing to say. */
const MEANINGLESS: ReadonlySet<string> = new Set([
  UNKNOWN_TYPE,
  'application/x-www-form-urlencoded',
  'binary/octet-stream',
]);
/** Containers of many types: the bytes alone do not tell which. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'application/xml',
  'application/zip',
  'application/x-cfb',
  'text/xml',
]);
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/u;

/**
 * The type of a file: what its first bytes show, else what the client declared, else what the name's ending says, else
 * `application/octet-stream`. A declared or named type is preferred to a mere container (zip, xml).
 */
export async function mediaTypeOf(file: {
  readonly head: Uint8Array;
  readonly declared: string | null;
  readonly name: string | null;
}): Promise<string> {
  const sniffed = await sniff(file.head);
  if (sniffed !== null && !CONTAINERS.has(sniffed)) {
    return sniffed;
  }
  const declared = (file.declared ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const told = MEDIA_TYPE.test(declared) && !MEANINGLESS.has(declared) ? declared : null;
  const named = file.name === null ? null : mime.getType(file.name);
  return told ?? named ?? sniffed ?? UNKNOWN_TYPE;
}

async function sniff(head: Uint8Array): Promise<string | null> {
  // Loaded with the first upload: many a bridge never gets one, and its tables take memory.
  const { fileTypeFromBuffer } = await import('file-type');
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? null;
  } catch {
    // A file that lies about its own lengths: its bytes show no type.
    return null;
  }
}
