import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it.each([
    ['emphasis of every kind', '**bold** _it_ ~~gone~~ ***both***', 'bold it gone both'],
    [
      'headings and paragraphs',
      '# Hello\n\nfirst\nstill first\n\nsecond',
      'Hello\n\nfirst\nstill first\n\nsecond',
    ],
    ['a list', '- one\n- two\n  - inner', '• one\n• two\n  • inner'],
    ['numbers', '3. three\n4. four', '3. three\n4. four'],
    ['a list of things to do', '- [x] done\n- [ ] open', '☑ done\n☐ open'],
    [
      'links',
      '[menu](https://example.com/m) https://example.com <https://a.b>',
      'menu (https://example.com/m) https://example.com https://a.b',
    ],
    ['an address that is its own words', '[kim@example.com](mailto:kim@example.com)', 'kim@example.com'],
    ['an image', '![a cat](https://example.com/cat.png)', 'a cat (https://example.com/cat.png)'],
    ['code', 'use `a < b`\n\n```js\nif (a && b) {}\n```', 'use a < b\n\nif (a && b) {}'],
    ['a quote', '> said\n> so', 'said\nso'],
    ['a table', '| a | b |\n|---|---|\n| 1 | **2** |', 'a | b\n1 | 2'],
    ['tags and entities', '<b>x</b> &amp; <!-- no -->y', 'x & y'],
    ['escapes', String.raw`2 \* 3 \_ok\_`, '2 * 3 _ok_'],
    ['a rule', 'a\n\n---\n\nb', 'a\n\nb'],
    ['a hard break', 'a  \nb', 'a\nb'],
    ['snake_case and 2*3*4 in words', 'some_file_name and 2 * 3 * 4', 'some_file_name and 2 * 3 * 4'],
    ['emoji and other scripts', '**שלום** 👍🏽', 'שלום 👍🏽'],
    ['plain text', 'nothing to do: at 8?', 'nothing to do: at 8?'],
    ['nothing but marks', '---', ''],
  ])('of %s', (_, markdown, plain) => {
    expect(plainText(markdown)).toBe(plain);
  });
});
