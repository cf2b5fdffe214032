import { createHmac } from 'node:crypto';

const URL_LIKE = /\b(?:https?:\/\/|www\.)\S+/giu;
const DIGITS = /\p{Nd}+(?:[.,:/-]\p{Nd}+)*/gu;
/** A name where people put one: `Anna, …`, `Hi Anna`, or capitalised words inside a sentence. */
const GREETED = /^(\p{Lu}[\p{L}’'-]*)(?=\s*[,!])/u;
const INSIDE = /(?<=[\p{L}\p{N},;:)"’']\s+)\p{Lu}[\p{L}’'-]*(?:\s+\p{Lu}[\p{L}’'-]*)*/gu;

/** The text with what a template fills in (numbers, links, names) masked, in lower case, spaces made one. */
export function maskText(text: string): string {
  return text
    .normalize('NFC')
    .replace(URL_LIKE, '¤')
    .replace(DIGITS, '#')
    .replace(GREETED, '@')
    .replace(INSIDE, '@')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Bytes of the digest that are kept: 48 bits fit a number. */
const DIGEST_BYTES = 6;

/** A keyed digest of the masked text, by which equal texts are found without any text being kept; `null` without text. */
export function textDigest(key: Buffer, text: string | null): number | null {
  const masked = text === null ? '' : maskText(text);
  return masked === '' ? null : createHmac('sha256', key).update(masked).digest().readUIntBE(0, DIGEST_BYTES);
}
