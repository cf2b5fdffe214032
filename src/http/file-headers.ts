import { parseRange, type ByteRange } from './byte-range.ts';

/** A file as its headers describe it. */
export interface FileFacts {
  readonly filename: string | null;
  readonly mimeType: string | null;
  readonly size: number;
  /** Unix time in milliseconds. */
  readonly modifiedAt: number;
  /** Differs whenever the bytes may. */
  readonly version: string;
}

/** What of the request decides about the answer. */
export interface FileRequest {
  readonly method: string;
  readonly range: string | undefined;
  /** A header that Node does not know may be there several times. */
  readonly ifRange: string | readonly string[] | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 416;
  /** The bytes of a 206. */
  readonly range: ByteRange | null;
  readonly headers: Readonly<Record<string, string>>;
}

const OCTETS = 'application/octet-stream';
const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/u;
/** What a browser shows without running anything. Everything else is saved: HTML and SVG hold scripts. */
const SHOWN =
  /^(?:image\/(?:jpeg|png|gif|webp|avif|heic|heif|bmp|tiff)|(?:audio|video)\/[\w.+-]+|text\/plain)$/u;

/** How a file is answered: whole, in part, not at all because the client has it, or with no byte of what was asked for. */
export function answerFile(file: FileFacts, request: FileRequest): FileAnswer {
  const etag = `"${file.version}"`;
  const modified = new Date(Math.floor(file.modifiedAt / 1000) * 1000);
  const validators = {
    etag,
    'last-modified': modified.toUTCString(),
    'cache-control': 'private, no-cache',
  };
  if (isUnchanged(request, etag, modified)) {
    return { status: 304, range: null, headers: validators };
  }
  // A range is only defined for GET, and only for the very bytes that the client has the beginning of.
  const isWanted = request.method === 'GET' && isSameFile(request.ifRange, etag, modified);
  const range = isWanted ? parseRange(request.range, file.size) : null;
  if (range === 'unsatisfiable') {
    return { status: 416, range: null, headers: { 'content-range': `bytes */${file.size}` } };
  }
  const type = contentType(file.mimeType);
  const headers = {
    ...validators,
    'accept-ranges': 'bytes',
    'content-type': type,
    'content-length': String(range === null ? file.size : range.end - range.start + 1),
    'content-disposition': contentDisposition(file.filename, SHOWN.test(type)),
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
    'referrer-policy': 'no-referrer',
  };
  return range === null
    ? { status: 200, range, headers }
    : {
        status: 206,
        range,
        headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${file.size}` },
      };
}

function isUnchanged(request: FileRequest, etag: string, modified: Date): boolean {
  const { ifNoneMatch, ifModifiedSince } = request;
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch
      .split(',')
      .map((one) => one.trim().replace(/^W\//u, ''))
      .some((one) => one === etag || one === '*');
  }
  const since = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  return modified.getTime() <= since;
}

function isSameFile(ifRange: FileRequest['ifRange'], etag: string, modified: Date): boolean {
  return (
    ifRange === undefined ||
    ifRange === etag ||
    (typeof ifRange === 'string' && Date.parse(ifRange) === modified.getTime())
  );
}

/** The stored type, if it is one: a row's text goes into no header unread. */
function contentType(stored: string | null): string {
  return stored !== null && MIME_TYPE.test(stored) ? stored.toLowerCase() : OCTETS;
}

/** RFC 6266: a name in ASCII for old clients, the whole name as RFC 5987 has it. */
export function contentDisposition(filename: string | null, isShown: boolean): string {
  const disposition = isShown ? 'inline' : 'attachment';
  const name = visibleName(filename ?? '');
  if (name === '') {
    return disposition;
  }
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${disposition}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Without path separators, control characters, and the marks that make a name read backwards (`gpj.exe`). */
function visibleName(name: string): string {
  return name.toWellFormed().replace(/[\p{Cc}/\\\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '');
}
