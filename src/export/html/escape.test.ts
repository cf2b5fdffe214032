import { describe, expect, it } from 'vitest';
import { handle, instant, messageGuid } from '../../domain/index.ts';
import { attachment, message, pageOf, reacts, says, sourceOf } from '../test-chat.ts';

/** Every start tag, which a text that broke out would add to. */
function tagsOf(page: string): string[] {
  return [...page.slice(page.indexOf('<body>')).matchAll(/<([a-zA-Z][^\s/>]*)/gu)].map(
    ([, name]) => name ?? '',
  );
}

describe('a page of hostile messages', () => {
  const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(1)><!--`;
  const run = (link: string) => ({
    start: 0,
    length: 4,
    styles: [],
    effect: null,
    mention: null,
    link,
    oneTimeCode: null,
    detected: null,
  });
  const link = (url: string) =>
    message(9, {
      kind: {
        kind: 'app',
        bundleId: EVIL,
        content: { type: 'link', url, originalUrl: null, title: EVIL, summary: EVIL, siteName: EVIL },
      },
    });

  it('has no tag that a message brought, wherever it stands', async () => {
    const sender = handle(EVIL);
    const at = instant(Date.UTC(2026, 9, 5));
    const hostile = [
      says(1, EVIL, { sender, subject: EVIL, effect: { type: 'unknown', name: EVIL }, service: EVIL }),
      message(2, {
        parts: [{ type: 'heading', index: 0, text: EVIL }],
        attachments: [attachment(EVIL, { filename: EVIL, mimeType: EVIL, description: EVIL })],
      }),
      message(3, { kind: { kind: 'group_event', action: 'renamed', subject: sender, title: EVIL }, sender }),
      says(4, EVIL, {
        history: [
          {
            part: 0,
            revisions: [
              { at, text: EVIL },
              { at, text: EVIL },
            ],
          },
        ],
        translations: [{ part: 0, text: EVIL, language: EVIL, sourceLanguage: EVIL }],
      }),
      says(5, EVIL, { replyTo: { guid: messageGuid('GUID-1'), part: 0, start: 0, length: 1 } }),
      reacts(6, 1, { reaction: 'emoji', emoji: EVIL }, { sender }),
      message(7, { text: EVIL, kind: { kind: 'app_notice', bundleId: EVIL, target: null } }),
      message(8, {
        audio: { expiry: 'none', playedAt: null, transcription: EVIL, transcriptionStatus: 'stored' },
      }),
      link('https://example.com/"onmouseover="alert(1)'),
      message(10, {
        kind: {
          kind: 'poll',
          poll: {
            action: 'created',
            poll: null,
            title: EVIL,
            options: [{ id: EVIL, text: EVIL, creator: null }],
          },
        },
      }),
      message(11, {
        text: EVIL,
        parts: [
          {
            type: 'text',
            index: 0,
            text: EVIL,
            runs: [
              { ...run(EVIL), mention: sender, oneTimeCode: EVIL, detected: { type: 'other', text: EVIL } },
            ],
          },
        ],
      }),
    ];
    const page = await pageOf(hostile, {
      source: sourceOf(hostile, {}, { displayName: EVIL, participants: [sender] }),
    });
    const allowed = new Set([
      'body',
      'header',
      'div',
      'h1',
      'h2',
      'h3',
      'p',
      'bdi',
      'main',
      'article',
      'span',
      'b',
      'a',
      'time',
      'details',
      'summary',
      'ol',
      'ul',
      'li',
      'i',
      'meter',
      'footer',
    ]);
    expect(tagsOf(page).filter((tag) => !allowed.has(tag))).toEqual([]);
    // Outside of quoted values, where nothing but the page's own words may stand.
    expect(page.replaceAll(/"[^"]*"/gu, '""')).not.toMatch(/<[^>]*\son\w+=/u);
    expect(page).not.toContain('<!--');
    expect(page.slice(page.indexOf('<body>')).match(/&lt;script&gt;/gu)?.length).toBeGreaterThan(15);
  });

  it('links to pages, mails and calls, to nothing that runs', async () => {
    for (const url of [
      'javascript:alert(1)',
      'JaVa\tScript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      '//evil.example',
      'vbscript:x',
      'blob:x',
      '',
    ]) {
      const page = await pageOf([
        link(url),
        says(1, 'click', { parts: [{ type: 'text', index: 0, text: 'click', runs: [run(url)] }] }),
      ]);
      expect(page, url).not.toContain('<a ');
    }
    for (const url of [
      'https://example.com/a?b=c&d',
      'http://example.com/',
      'mailto:kim@example.com',
      'tel:+15550001001',
    ]) {
      const page = await pageOf([link(url)]);
      expect(page, url).toContain(
        `<a href="${url.replaceAll('&', '&amp;')}" rel="noopener noreferrer nofollow" class="card link">`,
      );
    }
  });

  it('asks for nothing: no script, no style, no picture from elsewhere, by its own policy', async () => {
    const page = await pageOf([says(1, 'hello')]);
    expect(page).toMatch(
      /content="default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'"/u,
    );
    expect(page).not.toMatch(/<(?:script|link|iframe|object|embed|form)\b/u);
    expect(page).not.toMatch(/url\(|@import/u);
  });
});
