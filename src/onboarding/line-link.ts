import { create, toBuffer, toString } from 'qrcode';
import type { Handle } from '../domain/index.ts';

/** Pixels of a picture for each module of a code. */
const SCALE = 8;
/** The white around a code that readers ask for (ISO/IEC 18004 §5.3.8). */
const QUIET_MODULES = 4;
/** The more of a code may be damaged the better, as long as the words still fit. */
const LEVELS = ['M', 'L'] as const;

export interface LineLink {
  /**
   * Opens Messages with a text to the line. Apple's devices take `&body=`; the `?` that RFC 5724 has for the first
   * field is not understood by all of them.
   */
  readonly link: string;
  /** The same as Android takes it; `null` for an e-mail address, which no text message reaches. */
  readonly android: string | null;
  /** Codes that hold `link`. */
  readonly qr: {
    readonly svg: string;
    readonly png: Uint8Array;
    /** Half blocks, for light text on a dark ground. */
    readonly terminal: string;
  };
}

/**
 * What a contact opens to write to a line first, with the words filled in.
 * @param body the words; empty for none
 * @returns `null` where the link is longer than a QR code can be
 */
export async function lineLink(line: Handle, body: string): Promise<LineLink | null> {
  const isNumber = !line.includes('@');
  const recipient = `sms:${encodeURIComponent(line).replaceAll('%40', '@').replaceAll('%2B', '+')}`;
  // Half of a character has no UTF-8: no link could carry it.
  const words = body === '' ? null : `body=${encodeURIComponent(body.toWellFormed())}`;
  const link = words === null ? recipient : `${recipient}&${words}`;
  const options = codeFor(link);
  if (options === null) {
    return null;
  }
  const [svg, png, terminal] = await Promise.all([
    toString(link, { ...options, type: 'svg' }),
    toBuffer(link, { ...options, type: 'png', scale: SCALE }),
    // With both colours black it is the light modules that are drawn.
    toString(link, { ...options, type: 'utf8', color: { light: '#000000' } }),
  ]);
  const android = words === null ? recipient : `${recipient}?${words}`;
  return { link, android: isNumber ? android : null, qr: { svg, png, terminal } };
}

/** The size and make of the code for a text, found once for all its pictures. */
function codeFor(text: string) {
  for (const level of LEVELS) {
    try {
      const { version, maskPattern } = create(text, { errorCorrectionLevel: level });
      return { version, maskPattern, errorCorrectionLevel: level, margin: QUIET_MODULES };
    } catch {
      // Too long for this level: the next takes more.
    }
  }
  return null;
}
