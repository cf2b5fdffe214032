import { decodeBody, type DecodedBody } from './decode-body.ts';

/** Stands in the text where an attachment is. */
export const ATTACHMENT_MARK = '\uFFFC';

/** The text of a body of its own (a revision, a translation) without its placeholders; `null` if it cannot be decoded. */
export function plainTextOf(body: Uint8Array): string | null {
  const decoded = decodeBody(body);
  if (decoded.outcome === 'failed') {
    return null;
  }
  return decoded.text.includes(ATTACHMENT_MARK) ? withoutMarks(decoded) : decoded.text;
}

function withoutMarks(decoded: Exclude<DecodedBody, { outcome: 'failed' }>): string {
  if (decoded.outcome === 'salvaged') {
    return decoded.text.replaceAll(ATTACHMENT_MARK, '');
  }
  return decoded.runs
    .filter((run) => run.attributes.attachmentGuid === null)
    .map((run) => decoded.text.slice(run.start, run.start + run.length))
    .join('');
}
