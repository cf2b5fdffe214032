import { addWords } from './checksum.ts';
import { FRAME_HEADER_SIZE, WAL_HEADER_SIZE } from './format.ts';

export const PAGE_SIZE = 512;

export interface Frame {
  readonly page: number;
  /** Every byte of the page. */
  readonly fill: number;
  readonly isCommit: boolean;
}

export interface Generation {
  readonly salt1: number;
  readonly salt2: number;
  readonly frames: readonly Frame[];
}

function checksum(sum: { s0: number; s1: number }, bytes: Uint8Array): void {
  addWords(sum, new Int32Array(new Uint8Array(bytes).buffer), 0, bytes.length / 4, false);
}

/** A `-wal` as a little-endian host writes it, with the pair of its last frame. */
export function buildWal({ salt1, salt2, frames }: Generation): {
  readonly wal: Buffer;
  readonly s0: number;
  readonly s1: number;
} {
  const size = FRAME_HEADER_SIZE + PAGE_SIZE;
  const wal = Buffer.alloc(WAL_HEADER_SIZE + frames.length * size);
  for (const [index, value] of [0x377f_0682, 3_007_000, PAGE_SIZE, 0, salt1, salt2].entries()) {
    wal.writeUInt32BE(value, 4 * index);
  }
  const sum = { s0: 0, s1: 0 };
  const put = (at: number) => {
    wal.writeInt32BE(sum.s0, at);
    wal.writeInt32BE(sum.s1, at + 4);
  };
  checksum(sum, wal.subarray(0, 24));
  put(24);
  for (const [index, { page, fill, isCommit }] of frames.entries()) {
    const at = WAL_HEADER_SIZE + index * size;
    wal.writeUInt32BE(page, at);
    wal.writeUInt32BE(isCommit ? 100 : 0, at + 4);
    wal.writeUInt32BE(salt1, at + 8);
    wal.writeUInt32BE(salt2, at + 12);
    wal.fill(fill, at + FRAME_HEADER_SIZE, at + size);
    checksum(sum, wal.subarray(at, at + 8));
    checksum(sum, wal.subarray(at + FRAME_HEADER_SIZE, at + size));
    put(at + 16);
  }
  return { wal, ...sum };
}

/** The `-shm` that goes with it: `visible` frames are committed, after `changes` commits in all. */
export function buildIndex(generation: Generation, visible: number, changes: number): Buffer {
  const { s0, s1 } = buildWal({ ...generation, frames: generation.frames.slice(0, visible) });
  const header = Buffer.alloc(48);
  header.writeUInt32LE(3_007_000, 0);
  header.writeUInt32LE(changes, 8);
  header.writeUInt8(1, 12);
  header.writeUInt16LE(PAGE_SIZE, 14);
  header.writeUInt32LE(visible, 16);
  header.writeUInt32LE(100, 20);
  header.writeInt32LE(s0, 24);
  header.writeInt32LE(s1, 28);
  header.writeUInt32BE(generation.salt1, 32);
  header.writeUInt32BE(generation.salt2, 36);
  const sum = { s0: 0, s1: 0 };
  checksum(sum, header.subarray(0, 40));
  header.writeInt32LE(sum.s0, 40);
  header.writeInt32LE(sum.s1, 44);
  return Buffer.concat([header, header, Buffer.alloc(40)]);
}
