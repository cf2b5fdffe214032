/** How far a pace strays from its number. */
const SHARE = 0.25;

/**
 * A number from 0 up to 1 that belongs to this send and purpose: asked again, also after a restart, it is the same.
 * (FNV-1a, with its high bits mixed down.)
 */
export function drawn(id: string, purpose: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${purpose}\0${id}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** A pause that may stray to both sides. */
export function around(ms: number, id: string, purpose: string): number {
  return Math.round(ms * (1 - SHARE + 2 * SHARE * drawn(id, purpose)));
}

/** A pause that is a minimum: it strays to the longer side only. */
export function atLeast(ms: number, id: string, purpose: string): number {
  return Math.round(ms * (1 + SHARE * drawn(id, purpose)));
}
