import { bigEndian, IS_HOST_BIG_ENDIAN } from './bytes.ts';
import { addWords, type Checksum } from './checksum.ts';

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log and https://www.sqlite.org/walformat.html */
export const WAL_HEADER_SIZE = 32;
export const FRAME_HEADER_SIZE = 24;
export const FRAME_HEADER_WORDS = FRAME_HEADER_SIZE / 4;

/** The lowest bit tells the byte order in which the checksum takes its words. */
const MAGIC = 0x377f_0682;
const VERSION = 3_007_000;
const MAX_PAGE_SIZE = 65_536;
const MIN_PAGE_SIZE = 512;

export interface WalHeader {
  readonly pageSize: number;
  readonly checkpoint: number;
  readonly salt1: number;
  readonly salt2: number;
  /** The pair that frame 1 goes on from. */
  readonly s0: number;
  readonly s1: number;
  readonly isSwapped: boolean;
}

/** The header of a `-wal`, or `null` for whatever is not exactly one, its checksum included. */
export function parseWalHeader(words: Int32Array): WalHeader | null {
  const field = (index: number) => bigEndian(words[index] ?? 0);
  const magic = field(0);
  const pageSize = field(2);
  const isSwapped = ((magic & 1) === 1) !== IS_HOST_BIG_ENDIAN;
  const sum: Checksum = { s0: 0, s1: 0 };
  addWords(sum, words, 0, 6, isSwapped);
  const isValid =
    words.length >= WAL_HEADER_SIZE / 4 &&
    (magic & ~1) === MAGIC &&
    field(1) === VERSION &&
    isPageSize(pageSize) &&
    sum.s0 === (field(6) | 0) &&
    sum.s1 === (field(7) | 0);
  return isValid
    ? { pageSize, checkpoint: field(3), salt1: field(4), salt2: field(5), ...sum, isSwapped }
    : null;
}

export function isPageSize(size: number): boolean {
  return size >= MIN_PAGE_SIZE && size <= MAX_PAGE_SIZE && (size & (size - 1)) === 0;
}

/** Where frame `frame` (from 1) begins in the file. */
export function frameOffset(frame: number, pageSize: number): number {
  return WAL_HEADER_SIZE + (frame - 1) * (FRAME_HEADER_SIZE + pageSize);
}

/** The fields of the database's own header, on page 1. */
export interface DatabaseHeader {
  readonly pageSize: number;
  /** Bytes of each page that the b-tree may use. */
  readonly usable: number;
  readonly schemaVersion: number;
}

/** @param bytes the first 100 bytes of page 1 */
export function parseDatabaseHeader(bytes: Buffer): DatabaseHeader | null {
  if (bytes.length < 100 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    return null;
  }
  const stored = bytes.readUInt16BE(16);
  const pageSize = stored === 1 ? MAX_PAGE_SIZE : stored;
  const usable = pageSize - bytes.readUInt8(20);
  // SQLite itself refuses a file with less.
  return isPageSize(pageSize) && usable >= 480
    ? { pageSize, usable, schemaVersion: bytes.readUInt32BE(40) }
    : null;
}
