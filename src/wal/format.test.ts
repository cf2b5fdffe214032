import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IS_HOST_BIG_ENDIAN, varint, varintLength } from './bytes.ts';
import { addWords } from './checksum.ts';
import {
  FRAME_HEADER_SIZE,
  frameOffset,
  parseDatabaseHeader,
  parseWalHeader,
  WAL_HEADER_SIZE,
} from './format.ts';
import { openWalFollower } from './index.ts';
import { followWith } from './test-follow.ts';
import { WalIndexHeader } from './wal-index.ts';

/** The words of some bytes, in a buffer of their own: views need their alignment. */
function words(bytes: Uint8Array): Int32Array {
  return new Int32Array(new Uint8Array(bytes).buffer);
}

/** A WAL as a machine of the other byte order would have begun it: the magic differs, and with it every checksum. */
function inOtherByteOrder(wal: Buffer, pageSize: number): Buffer {
  const other = Buffer.from(wal);
  other.writeUInt32BE(wal.readUInt32BE(0) ^ 1, 0);
  const isSwapped = ((other.readUInt32BE(0) & 1) === 1) !== IS_HOST_BIG_ENDIAN;
  const sum = { s0: 0, s1: 0 };
  const put = (at: number) => {
    other.writeInt32BE(sum.s0, at);
    other.writeInt32BE(sum.s1, at + 4);
  };
  addWords(sum, words(other.subarray(0, 24)), 0, 6, isSwapped);
  put(24);
  const size = pageSize + FRAME_HEADER_SIZE;
  for (let at = WAL_HEADER_SIZE; at + size <= other.length; at += size) {
    addWords(sum, words(other.subarray(at, at + 8)), 0, 2, isSwapped);
    addWords(sum, words(other.subarray(at + FRAME_HEADER_SIZE, at + size)), 0, pageSize / 4, isSwapped);
    put(at + 16);
  }
  return other;
}

describe('the format', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    path = join(folder, 'some.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (pageSize: number) => {
    const db = new Database(path);
    db.pragma(`page_size = ${pageSize}`);
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)');
    for (let id = 1; id <= 5; id += 1) {
      db.exec(`INSERT INTO item (name) VALUES ('name ${id}')`);
    }
    return db;
  };

  it.each([512, 1024, 4096, 65_536])('is what SQLite writes with pages of %i bytes', (pageSize) => {
    const db = write(pageSize);
    const wal = readFileSync(`${path}-wal`);
    const header = parseWalHeader(words(wal.subarray(0, WAL_HEADER_SIZE)));
    expect(header).toMatchObject({ pageSize, isSwapped: false });
    const index = new WalIndexHeader(openSync(`${path}-shm`, 'r'));
    expect(index.read()).toBe('changed');
    const state = index.state();
    expect(frameOffset(state.frame + 1, pageSize)).toBe(wal.length);
    expect(state).toMatchObject({ salt1: header?.salt1, salt2: header?.salt2, pages: 2 });
    const last = frameOffset(state.frame, pageSize);
    expect([state.s0, state.s1]).toEqual([wal.readInt32BE(last + 16), wal.readInt32BE(last + 20)]);

    index.settle();
    expect(index.read()).toBe('same');
    db.exec("INSERT INTO item (name) VALUES ('one more')");
    expect(index.read()).toBe('changed');
    expect(index.state().changes).toBe(state.changes + 1);
    db.close();
    expect(parseDatabaseHeader(readFileSync(path).subarray(0, 100))).toMatchObject({
      pageSize,
      usable: pageSize,
    });
  });

  it('takes no header with a single bit turned', () => {
    const db = write(512);
    const header = readFileSync(`${path}-wal`).subarray(0, WAL_HEADER_SIZE);
    db.close();
    for (let bit = 0; bit < header.length * 8; bit += 1) {
      const turned = Buffer.from(header);
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(parseWalHeader(words(turned)), `bit ${bit}`).toBeNull();
    }
  });

  it('follows a WAL whose checksums are in the other byte order, as SQLite does', () => {
    const db = write(1024);
    const files = ['', '-wal'].map((ending) => [ending, readFileSync(path + ending)] as const);
    db.close();
    const moved = join(folder, 'moved.db');
    for (const [ending, bytes] of files) {
      writeFileSync(moved + ending, ending === '-wal' ? inOtherByteOrder(bytes, 1024) : bytes);
    }
    const writer = new Database(moved);
    const reader = new Database(moved, { readonly: true });
    // SQLite has recovered all rows from it, so the file is right.
    expect(reader.prepare('SELECT count(*) FROM item').pluck().get()).toBe(5);
    const follower = openWalFollower(followWith(reader, moved, ['item']));
    follower.rebuild();
    writer.exec("UPDATE item SET name = 'x' WHERE id = 3");
    expect(readFileSync(`${moved}-wal`).readUInt32BE(0)).toBe(0x377f_0683);
    expect(follower.look()).toMatchObject({
      tables: new Map([['item', [{ after: -Infinity, upTo: Infinity }]]]),
      commits: 1,
    });
    reader.close();
    writer.close();
  });

  it('reads the varints that SQLite writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(8), (value, shift) => {
        const number = value >> BigInt(shift * 7);
        const bytes = encodeVarint(number);
        expect(varintLength(bytes, 0)).toBe(bytes.length);
        expect(varint(bytes, 0)).toBe(Number(number));
      }),
    );
  });
});

/** "A variable-length integer" of SQLite's file format: up to eight bytes of 7 bits, then one of 8. */
function encodeVarint(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, value);
  if (rest >= 2n ** 56n) {
    const bytes = [Number(rest & 0xffn)];
    rest >>= 8n;
    for (let index = 0; index < 8; index += 1) {
      bytes.unshift(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    return Uint8Array.from(bytes);
  }
  const bytes = [Number(rest & 0x7fn)];
  for (rest >>= 7n; rest > 0n; rest >>= 7n) {
    bytes.unshift(Number(rest & 0x7fn) | 0x80);
  }
  return Uint8Array.from(bytes);
}
