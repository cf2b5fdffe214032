import { swapped } from './bytes.ts';

/** The running pair of a WAL's checksum, as signed 32-bit numbers. Each frame goes on from the pair of the one before. */
export interface Checksum {
  s0: number;
  s1: number;
}

/**
 * Adds words `from`..`to` (an even number of them) to the pair. "WAL Checksum Algorithm" in SQLite's file format.
 * @param isSwapped whether the WAL counts in the byte order that is not the host's
 */
export function addWords(
  sum: Checksum,
  words: Int32Array,
  from: number,
  to: number,
  isSwapped: boolean,
): void {
  let { s0, s1 } = sum;
  if (isSwapped) {
    for (let index = from; index < to; index += 2) {
      s0 = (s0 + swapped(words[index] ?? 0) + s1) | 0;
      s1 = (s1 + swapped(words[index + 1] ?? 0) + s0) | 0;
    }
  } else {
    for (let index = from; index < to; index += 2) {
      s0 = (s0 + (words[index] ?? 0) + s1) | 0;
      s1 = (s1 + (words[index + 1] ?? 0) + s0) | 0;
    }
  }
  sum.s0 = s0;
  sum.s1 = s1;
}
