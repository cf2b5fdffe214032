/** The longest text that is taken, in bytes of UTF-8. It travels in argv, where macOS allows 1 MiB in all. */
export const MAX_TEXT_BYTES = 65_536;

// Letters, digits, marks, signs, emoji and private-use signs (Apple's logo). Not: control and format characters,
// spaces of any kind, fillers that draw nothing (U+3164, U+2800), and U+FFFC, which stands for an attachment.
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFC]/u;

/** Why a text cannot be sent, as a sentence; `null` if it can. */
export function textProblem(text: string): string | null {
  if (text.includes('\0')) {
    return 'The text holds a NUL character, which no argument of a process can carry.';
  }
  if (!text.isWellFormed()) {
    return 'The text holds half of a surrogate pair, which is no character.';
  }
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > MAX_TEXT_BYTES) {
    return `The text is ${bytes} bytes long; at most ${MAX_TEXT_BYTES} bytes of UTF-8 are allowed.`;
  }
  return VISIBLE.test(text) ? null : 'The text holds no visible character.';
}
