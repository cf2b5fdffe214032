import type { AppContent, AppName, Message, Poll } from '../../domain/index.ts';
import { escapeHtml, link, safeLink } from './escape.ts';
import { nameOf } from './people.ts';
import type { PollState } from './timeline.ts';

/** What an app's balloon shows. */
export function appHtml(bundleId: string, content: AppContent): string {
  switch (content.type) {
    case 'link':
      return linkCard(content);
    case 'digital_touch':
      return plainCard('Digital Touch', null);
    case 'handwriting':
      return plainCard('Handwritten message', null);
    case 'app':
      return appCard(bundleId, content);
    case 'undecodable':
      return plainCard(appOf(bundleId), 'What it shows cannot be read.');
    case 'missing':
      return plainCard(appOf(bundleId), null);
    default:
      return content satisfies never;
  }
}

function linkCard(content: Extract<AppContent, { type: 'link' }>): string {
  const address = content.originalUrl ?? content.url;
  const title = content.title ?? content.siteName ?? address ?? 'Link';
  const summary = content.summary === null ? '' : `<span class="summary">${bdi(content.summary)}</span>`;
  const host = hostOf(address) ?? content.siteName;
  const foot = host === null ? '' : `<span class="site">${bdi(host)}</span>`;
  return link(address, `<span class="title">${bdi(title)}</span>${summary}${foot}`, ' class="card link"');
}

function isSaid(line: string | null): line is string {
  return line !== null && line !== '';
}

function hostOf(address: string | null): string | null {
  const href = address === null ? null : safeLink(address);
  return href === null ? null : new URL(href).hostname.replace(/^www\./u, '') || null;
}

function appCard(bundleId: string, content: Extract<AppContent, { type: 'app' }>): string {
  const name = content.app === 'third_party' ? (content.appName ?? appOf(bundleId)) : APPS[content.app];
  const lines = [
    content.imageTitle,
    content.imageSubtitle,
    content.caption,
    content.subcaption,
    content.secondarySubcaption,
    content.tertiarySubcaption,
  ].filter(isSaid);
  const shown = lines.length === 0 && content.text !== null ? [content.text] : lines;
  const [title, ...rest] = shown;
  const inner = `<span class="app">${bdi(name)}</span>${
    title === undefined ? '' : `<span class="title">${bdi(title)}</span>`
  }${rest.map((line) => `<span class="summary">${bdi(line)}</span>`).join('')}`;
  return link(content.url, inner, ' class="card"');
}

const APPS: Readonly<Record<Exclude<AppName, 'third_party'>, string>> = {
  apple_cash: 'Apple Cash',
  fitness: 'Fitness',
  photos: 'Photos',
  check_in: 'Check In',
  find_my: 'Find My',
  business: 'Business',
  polls: 'Poll',
};

/** The extension's own piece of `…:<team>:<extension>`; the rest names only the machinery. */
function appOf(bundleId: string): string {
  if (bundleId === 'com.apple.messages.URLBalloonProvider') {
    return 'Link';
  }
  return bundleId.split(':').at(-1) ?? bundleId;
}

function plainCard(name: string, note: string | null): string {
  return `<span class="card"><span class="app">${bdi(name)}</span>${
    note === null ? '' : `<span class="summary">${escapeHtml(note)}</span>`
  }</span>`;
}

/** A poll as it stands: every option with who chose it. */
export function pollHtml(
  poll: Exclude<Poll, { action: 'voted' }>,
  state: PollState,
  message: Pick<Message, 'text'>,
): string {
  const options = [...poll.options, ...state.options];
  const voters = state.ballots.filter((ballot) => ballot.options.length > 0);
  const rows = options.map((option) => {
    const names = voters
      .filter((ballot) => ballot.options.includes(option.id))
      .map((ballot) => (ballot.isFromMe ? 'You' : nameOf(ballot.voter)));
    return `<li><span class="option">${bdi(option.text)}</span><span class="count">${names.length}</span><meter min="0" max="${Math.max(
      1,
      voters.length,
    )}" value="${names.length}"></meter>${names.length === 0 ? '' : `<span class="voters">${names.join(', ')}</span>`}</li>`;
  });
  const title = poll.title ?? message.text;
  return `<div class="card poll"><span class="app">Poll</span>${
    title === null || title === '' ? '' : `<span class="title">${bdi(title)}</span>`
  }<ul>${rows.join('')}</ul><span class="site">${voters.length} ${voters.length === 1 ? 'vote' : 'votes'}</span></div>`;
}

function bdi(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}
