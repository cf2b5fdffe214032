import { createHash } from 'node:crypto';
import type { Chat, Instant } from '../../domain/index.ts';
import { escapeHtml } from './escape.ts';
import { timeTag, type Moments } from './moments.ts';
import { STYLESHEET } from './stylesheet.ts';

/**
 * The top of the page, up to where messages begin. The page forbids itself everything but its own style and pictures
 * that it holds itself: whatever a message says, nothing runs and nothing is fetched.
 */
export function pageHead(
  chat: Pick<Chat, 'displayName' | 'participants' | 'identifier' | 'service'>,
  facts: { readonly messages: number; readonly first: Instant | null; readonly last: Instant | null },
  moments: Moments,
): string {
  const title = titleOf(chat);
  const hash = createHash('sha256').update(STYLESHEET, 'utf8').digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const people = chat.participants.map((name) => `<bdi>${escapeHtml(name)}</bdi>`).join(', ');
  const isNamedAfterPeople = chat.displayName === null;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLESHEET}</style>
</head>
<body>
<header>
<div class="avatar" aria-hidden="true">${escapeHtml(initialOf(title))}</div>
<h1><bdi>${escapeHtml(title)}</bdi></h1>
${isNamedAfterPeople || people === '' ? '' : `<p>${people}</p>\n`}<p>${facts.messages.toLocaleString('en-US')} ${
    facts.messages === 1 ? 'entry' : 'entries'
  }${range(facts, moments)}</p>
</header>
<main>
`;
}

export const PAGE_FOOT = '</main>\n<footer>Exported by Blueline</footer>\n</body>\n</html>\n';

export function dayHtml(at: Instant, moments: Moments): string {
  return `<h2 class="day">${timeTag(at, moments.longDay(at))}</h2>\n`;
}

function range(
  facts: { readonly first: Instant | null; readonly last: Instant | null },
  moments: Moments,
): string {
  const { first, last } = facts;
  if (first === null || last === null) {
    return '';
  }
  const [from, to] = [moments.longDay(first), moments.longDay(last)];
  return from === to ? `, ${from}` : `, ${from} – ${to}`;
}

function titleOf(chat: Pick<Chat, 'displayName' | 'participants' | 'identifier'>): string {
  return chat.displayName ?? (chat.participants.join(', ') || chat.identifier);
}

/** The first letter or digit; a number has no initials, its country code says nothing. */
function initialOf(title: string): string {
  return /\p{L}/u.exec(title)?.[0].toUpperCase() ?? '#';
}
