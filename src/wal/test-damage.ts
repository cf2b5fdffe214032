import fc from 'fast-check';
import { Lost } from './lost.ts';

/** How some bytes are spoilt; places are parts of their length. */
export type Damage =
  | { readonly do: 'turn'; readonly at: number; readonly bit: number }
  | { readonly do: 'fill'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly do: 'cut'; readonly at: number }
  | { readonly do: 'copy'; readonly from: number; readonly to: number };

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

export const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ do: fc.constant('turn' as const), at: place, bit: fc.nat(7) }),
  fc.record({
    do: fc.constant('fill' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
  }),
  fc.record({ do: fc.constant('cut' as const), at: place }),
  fc.record({ do: fc.constant('copy' as const), from: place, to: place }),
);

/** @param head bytes before the first unit; units (frames, copies of a header) are what is copied over each other */
export function spoil(file: Buffer, damage: Damage, head: number, unit: number): Buffer {
  if (file.length < head + unit) {
    return file;
  }
  const spoilt = Buffer.from(file);
  const byte = (part: number) => Math.floor(part * file.length);
  switch (damage.do) {
    case 'turn': {
      const at = byte(damage.at);
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << damage.bit), at);
      return spoilt;
    }
    case 'fill':
      spoilt.set(damage.bytes.subarray(0, file.length - byte(damage.at)), byte(damage.at));
      return spoilt;
    case 'cut':
      return spoilt.subarray(0, byte(damage.at));
    case 'copy': {
      const at = (part: number) => head + Math.floor((part * (file.length - head)) / unit) * unit;
      spoilt.copy(spoilt, at(damage.to), at(damage.from), at(damage.from) + unit);
      return spoilt;
    }
    default:
      return damage satisfies never;
  }
}

/** What `work` returns, or `null` when it is lost; anything else that it throws is a mistake. */
export function unlessLost<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Lost) {
      return null;
    }
    throw error;
  }
}
