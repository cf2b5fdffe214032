/** Top-level domains under which a bare name is taken for a link. What has a scheme or `www.` needs none of them. */
const TOP_LEVEL = [
  'ai|app|at|au|be|biz|br|ca|cc|ch|cn|co|com|de|dev|dk|edu|es|eu|fi|fr|gg|gov|gl|ie|il|in|info|io',
  'it|jp|kr|link|live|ly|me|mobi|mx|net|news|nl|no|nz|online|org|page|pl|pro|pt|ru|se|sg|shop|site|so',
  'store|tech|to|tv|uk|us|vip|website|xyz|za',
].join('|');

const SCHEME = /(?:^|[^\p{L}\p{N}])(?:[a-z][a-z0-9+.-]*:\/\/|(?:mailto|tel|sms|facetime|imessage):\S)/iu;
const WWW = /(?:^|[^\p{L}\p{N}])www\.[\p{L}\p{N}-]+\./iu;
const BARE = new RegExp(
  `(?:^|[^\\p{L}\\p{N}.@-])(?:[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]*[\\p{L}\\p{N}])?\\.)+(?:${TOP_LEVEL})(?=$|[^\\p{L}\\p{N}@-])`,
  'iu',
);

/** Whether Messages would make something in the text tappable: a URL, `tel:` or `sms:`, or a bare domain. */
export function hasLink(text: string): boolean {
  return SCHEME.test(text) || WWW.test(text) || BARE.test(text);
}
