import type { TextEffect, TextRun, TextStyle } from '../../domain/index.ts';
import { escapeHtml, link } from './escape.ts';

/** The text of a part with what its runs carry. */
export function richText(text: string, runs: readonly TextRun[]): string {
  let html = '';
  let at = 0;
  for (const run of runs.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(at, edge(text, run.start));
    const end = edge(text, run.start + run.length);
    if (end > start) {
      html += escapeHtml(text.slice(at, start)) + runHtml(run, escapeHtml(text.slice(start, end)));
      at = end;
    }
  }
  return html + escapeHtml(text.slice(at));
}

/** A forged run may cut a character in two; each half alone would be lost. */
function edge(text: string, at: number): number {
  const isInside = /[\uDC00-\uDFFF]/u.test(text.charAt(at)) && /[\uD800-\uDBFF]/u.test(text.charAt(at - 1));
  return Math.min(text.length, isInside ? at + 1 : at);
}

function runHtml(run: TextRun, inner: string): string {
  let html = inner;
  for (const style of run.styles) {
    html = `<${TAGS[style]}>${html}</${TAGS[style]}>`;
  }
  if (run.effect !== null) {
    html = `<span class="effect" title="Effect: ${effectName(run.effect)}">${html}</span>`;
  }
  if (run.oneTimeCode !== null) {
    html = `<span class="code" title="One-time code">${html}</span>`;
  }
  if (run.detected !== null) {
    html = `<span class="detected" title="${DETECTED[run.detected.type]}">${html}</span>`;
  }
  if (run.mention !== null) {
    html = `<span class="mention" title="${escapeHtml(run.mention)}">${html}</span>`;
  }
  return run.link === null ? html : link(run.link, html, ` title="${escapeHtml(run.link)}"`);
}

const TAGS = { bold: 'b', italic: 'i', underline: 'u', strikethrough: 's' } as const satisfies Record<
  TextStyle,
  string
>;

const DETECTED = {
  phone_number: 'Phone number',
  address: 'Address',
  money: 'Amount',
  calendar_event: 'Date',
  other: 'Detected',
} as const;

function effectName(effect: TextEffect): string {
  return typeof effect === 'number' ? `number ${effect}` : effect;
}

// Counted in what one sees: a family of four is one emoji.
const FEW_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

/** Up to three emoji and nothing else are shown large and without a bubble, as Messages does. */
export function isJumbo(text: string): boolean {
  return text.length <= 64 && FEW_EMOJI.test(text);
}
