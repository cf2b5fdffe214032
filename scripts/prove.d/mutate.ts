import type { Random } from './random.ts';

/** One way to break a blob. `other` is another blob, whose pieces may be mixed in. */
type Mutation = (blob: Buffer, random: Random, other: Buffer) => Buffer;

/** Lengths and counts that claim far more than is there, in the forms of both formats. */
const BOMBS = [
  '81ffff',
  '82ffffff7f',
  '82ffffffff',
  '87ffffffffffffff7f',
  '83000000000000f07f',
  '5f13ffffffffffffffff',
  '6f127fffffff',
  'af13000000007fffffff',
  'df120fffffff',
  '4f11ffff',
  '1400000000000000000000000000000000',
] as const;

export const MUTATIONS = {
  'bit flips': (blob, random) => {
    const broken = Buffer.from(blob);
    for (let count = 1 + random.below(8); count > 0; count -= 1) {
      const at = random.below(broken.length);
      broken[at] = (broken[at] ?? 0) ^ (1 << random.below(8));
    }
    return broken;
  },
  truncation: (blob, random) => blob.subarray(0, random.below(blob.length)),
  'length bomb': (blob, random) => {
    const broken = Buffer.from(blob);
    Buffer.from(random.pick(BOMBS), 'hex').copy(broken, random.below(broken.length));
    return broken;
  },
  'inserted bomb': (blob, random) => {
    const at = random.below(blob.length);
    return Buffer.concat([blob.subarray(0, at), Buffer.from(random.pick(BOMBS), 'hex'), blob.subarray(at)]);
  },
  /** Bytes 0x92 and up refer to what came before in a typedstream; 0x80 is a reference in a keyed archive. */
  'reference cycle': (blob, random) => {
    const broken = Buffer.from(blob);
    const isPlist = blob.subarray(0, 6).toString('latin1') === 'bplist';
    for (let count = 1 + random.below(6); count > 0; count -= 1) {
      const at = random.below(broken.length);
      if (isPlist) {
        broken[at] = random.below(32);
        const marker = broken.indexOf(0x80, at);
        if (marker >= 0 && marker + 1 < broken.length) {
          broken[marker + 1] = random.below(24);
        }
      } else {
        const marker = broken.findIndex((byte, index) => index >= at && byte >= 0x92);
        broken[marker < 0 ? at : marker] = 0x92 + random.below(16);
      }
    }
    return broken;
  },
  splice: (blob, random, other) => {
    const [from, to] = [random.below(other.length), random.below(other.length)];
    const at = random.below(blob.length);
    const piece = other.subarray(Math.min(from, to), Math.max(from, to));
    return Buffer.concat([blob.subarray(0, at), piece, blob.subarray(at + random.below(blob.length - at))]);
  },
  'doubled piece': (blob, random) => {
    const [from, to] = [random.below(blob.length), random.below(blob.length)].toSorted((a, b) => a - b);
    return Buffer.concat([blob.subarray(0, to), blob.subarray(from)]);
  },
  'random bytes': (blob, random) => {
    const broken = Buffer.from(blob);
    const at = random.below(broken.length);
    for (let index = at; index < Math.min(broken.length, at + 16); index += 1) {
      broken[index] = random.below(256);
    }
    return broken;
  },
} satisfies Readonly<Record<string, Mutation>>;

export const MUTATION_NAMES = [
  'bit flips',
  'truncation',
  'length bomb',
  'inserted bomb',
  'reference cycle',
  'splice',
  'doubled piece',
  'random bytes',
] as const satisfies readonly (keyof typeof MUTATIONS)[];
