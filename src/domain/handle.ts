import { handle, type Handle } from './ids.ts';

const E164 = /^\+[1-9]\d{6,14}$/u;
// Deliberately plain: one @, no spaces, a dot in the domain. Apple decides what exists; we only refuse what cannot.
const EMAIL = /^[^\s@;:,<>"]{1,64}@[^\s@;:,<>"]+\.[^\s@;:,<>"]{2,}$/u;
const PHONE_PUNCTUATION = /[\s().-]/gu;

/**
 * A contact's address as a person may write it (`+1 (555) 123-4567`, `Kim@Example.com`) in its canonical form,
 * or `null` when it is neither a number in international form nor an e-mail address.
 */
export function parseHandle(text: string): Handle | null {
  const trimmed = text.trim();
  if (trimmed.includes('@')) {
    const email = trimmed.toLowerCase();
    return EMAIL.test(email) ? handle(email) : null;
  }
  const digits = trimmed.replace(PHONE_PUNCTUATION, '');
  return E164.test(digits) ? handle(digits) : null;
}

/**
 * An own or foreign address as chat.db stores it (`E:kim@example.com`, `P:+1555…`, `tel:+1555…`, mixed case)
 * in canonical form. Never fails: what is no number and no e-mail (short code, `urn:biz:…`) is kept as it is.
 */
export function canonicalHandle(stored: string): Handle {
  const bare = stored.replace(/^(?:[EePp]:|tel:|mailto:)/u, '');
  return parseHandle(bare) ?? handle(bare);
}
