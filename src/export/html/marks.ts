import type { PageContext } from './page-context.ts';
import { escapeHtml } from './escape.ts';
import { symbolOf } from './event-words.ts';
import type { Mark } from './timeline.ts';

/** Tapbacks and stickers of one bubble: each sign once, with how often and from whom. */
export function marksHtml(marks: readonly Mark[], context: PageContext): string {
  const signs = new Map<string, Mark[]>();
  for (const mark of marks) {
    const sign = stickerHtml(mark, context) ?? symbolOf(mark.type, mark.emoji);
    const same = signs.get(sign) ?? [];
    signs.set(sign, same);
    same.push(mark);
  }
  const items = [...signs].map(([sign, [first, ...more]]) => {
    const names = [first, ...more].map((mark) => (mark === undefined ? '' : nameInTitle(mark))).join(', ');
    const count = more.length === 0 ? '' : `<span class="count">${more.length + 1}</span>`;
    return `<li title="${names}"${first?.isFromMe === true ? ' class="mine"' : ''}>${sign}${count}</li>`;
  });
  return items.length === 0 ? '' : `<ul class="marks" aria-label="Reactions">${items.join('')}</ul>`;
}

function nameInTitle(mark: Mark): string {
  return mark.isFromMe ? 'You' : escapeHtml(mark.sender ?? 'Someone');
}

function stickerHtml(mark: Mark, context: PageContext): string | null {
  const [attachment] = mark.attachments;
  if ((mark.type !== 'sticker' && mark.type !== 'laid_sticker') || attachment === undefined) {
    return null;
  }
  const image = context.image(attachment);
  return image.outcome === 'shown' ? `<img src="${image.uri}" alt="Sticker">` : null;
}
