const SPECIAL = /[&<>"'\0]/gu;

/** Text as it may stand between tags and inside a quoted attribute. NUL, which HTML forbids, shows as U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replaceAll(SPECIAL, replacement);
}

function replacement(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    case "'":
      return '&#39;';
    default:
      return '\uFFFD';
  }
}

const FOLLOWED: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:', 'sms:', 'facetime:']);

/**
 * The address if a click on it can do no more than open a page, a mail or a call; `null` for `javascript:`, `data:`,
 * `file:` and every scheme that is not known, for relative ones, and for what is no URL.
 */
export function safeLink(address: string): string | null {
  try {
    const url = new URL(address);
    return FOLLOWED.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link where the address is safe, else the words alone. `inner` is HTML. */
export function link(address: string | null, inner: string, attributes = ''): string {
  const href = address === null ? null : safeLink(address);
  return href === null
    ? `<span${attributes}>${inner}</span>`
    : `<a href="${escapeHtml(href)}" rel="noopener noreferrer nofollow"${attributes}>${inner}</a>`;
}
