import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { handle, parseHandle, type Handle } from '../domain/index.ts';

// Directional marks, joiners and their like: not to be seen, and so not to be checked by whoever reads the address.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/**
 * A contact's address as a person may write it, in its canonical form (E.164 or lower-case e-mail); `null` where it is
 * none. AppleScript takes any string for a participant and fails silently later, so that what cannot be a number has to
 * be found here: its country must exist and its length must be one that numbers of that country have. Whether the range
 * is in use is not asked, for new ranges come faster than tables.
 */
export function parseAddress(text: string): Handle | null {
  if (INVISIBLE.test(text)) {
    return null;
  }
  const trimmed = text.trim();
  if (trimmed.includes('@')) {
    return parseHandle(trimmed);
  }
  const number = trimmed.startsWith('+')
    ? parsePhoneNumberFromString(trimmed, { extract: false })
    : undefined;
  return number === undefined || !number.isPossible() || number.ext !== undefined
    ? null
    : handle(number.number);
}
