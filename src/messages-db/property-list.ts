import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Plist from 'plist';
import { readBinaryPlist, type PlistValue } from './binary-plist.ts';
import { isSoundXml } from './sound-xml.ts';

const BINARY_MAGIC = Buffer.from('bplist', 'latin1');
/** A summary with a dozen long edits in it stays below both; what is far larger would hold the process up. */
const MAX_XML_BYTES = 256 * 1024;
const MAX_XML_TAGS = 2000;
const MAX_XML_DEPTH = 64;
const APPLE_EPOCH_MS = 978_307_200_000;

/** Takes megabytes, and hardly any list is XML: loaded for the first that is. It has no name for `require`. */
const library = (): typeof Plist =>
  createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('plist')));
let known: ReturnType<typeof library> | null = null;

/**
 * Reads a property list of either form. The binary one goes through a reader of our own, which shares what is shared
 * and keeps to a budget: an expanding reader can be sent round for ever by a few bytes. Never throws; `null` for what
 * is no property list.
 */
export function readPropertyList(input: Uint8Array): { readonly root: PlistValue } | null {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.subarray(0, BINARY_MAGIC.length).equals(BINARY_MAGIC)) {
    return readBinaryPlist(bytes);
  }
  const start = bytes.subarray(0, 256).toString('latin1');
  return start.includes('<plist') || start.includes('<?xml') ? readXml(bytes) : null;
}

function readXml(bytes: Buffer): { readonly root: PlistValue } | null {
  const xml =
    bytes.length <= MAX_XML_BYTES && isUtf8(bytes) ? bytes.toString('utf8').replace(/^\uFEFF/u, '') : '';
  if (!isSoundXml(xml, MAX_XML_TAGS)) {
    return null;
  }
  // Without what stands in front of the root, and with U+FFFD by its number: about both the parser has remarks.
  const quiet = xml.slice(xml.indexOf('<plist')).replaceAll('\uFFFD', '&#xFFFD;');
  // It tells faults apart in half a dozen ways, none of which matters here.
  try {
    return { root: plain((known ??= library()).parse(quiet), 0) };
  } catch {
    return null;
  }
}

function plain(value: unknown, depth: number): PlistValue {
  if (depth > MAX_XML_DEPTH) {
    throw new RangeError('nested too deeply');
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown) => plain(item, depth + 1));
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof Date) {
    return { date: (value.getTime() - APPLE_EPOCH_MS) / 1000 };
  }
  if (typeof value === 'object' && value !== null) {
    return plainDictionary(value, depth);
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function plainDictionary(value: object, depth: number): PlistValue {
  const entries = Object.entries(value);
  const [first] = entries;
  // The form that a reference of a keyed archive has in XML.
  if (first !== undefined && entries.length === 1 && first[0] === 'CF$UID' && typeof first[1] === 'number') {
    return { uid: first[1] };
  }
  return new Map(entries.map(([key, item]: [string, unknown]) => [key, plain(item, depth + 1)]));
}
