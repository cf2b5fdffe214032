// Text of other people must not drive the terminal: escape sequences begin with a control character (C0, DEL, C1), and
// bidirectional controls reorder what stands around them. Joiners and variation selectors stay: emoji need them.
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/gu;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /[\p{Emoji_Presentation}\uFE0F\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** A foreign text on one line, with everything that a terminal would obey shown as a sign (`␛`, `⏎`, `<U+202E>`). */
export function visible(text: string): string {
  return text.replaceAll(LINE_BREAK, '⏎').replaceAll(UNSAFE, picture);
}

/** The lines of a foreign text, each made visible. */
export function visibleLines(text: string): string[] {
  return text.split(LINE_BREAK).map(visible);
}

/** One JSON document on one line that a terminal can show: JSON itself leaves DEL and the C1 controls as they are. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSAFE, (character) => escapeUnit(character));
}

/** Columns that a text without control characters takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += INVISIBLE.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Breaks one line at spaces, and words that are too long at any sign, so that no piece is wider than `width`. */
export function wrap(line: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  const push = () => {
    rows.push(row.trimEnd());
    row = '';
  };
  for (const word of line.split(/(?<= )/u)) {
    if (displayWidth(row + word.trimEnd()) > width && row !== '') {
      push();
    }
    for (const { segment } of graphemes.segment(word)) {
      if (displayWidth(row) + displayWidth(segment) > width && segment !== ' ') {
        push();
      }
      row += segment;
    }
  }
  push();
  return rows;
}

/** At most `width` columns; what is cut off shows as `…`. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) {
    return text;
  }
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (displayWidth(kept) + displayWidth(segment) > width - 1) {
      break;
    }
    kept += segment;
  }
  return `${kept}…`;
}

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) {
    return String.fromCodePoint(0x2400 + code);
  }
  return code === 0x7f ? '␡' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

function escapeUnit(character: string): string {
  return String.raw`\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
