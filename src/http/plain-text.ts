import { lexer, type Token, type Tokens } from 'marked';

/**
 * A Markdown text as a person would type it: words without their marks, lists with bullets and numbers, links with
 * their address behind them, code as it stands. Paragraphs keep a blank line between them.
 */
export function plainText(markdown: string): string {
  return blocks(lexer(markdown))
    .replaceAll(/[^\S\n]+$/gmu, '')
    .replaceAll(/\n{3,}/gu, '\n\n')
    .trim();
}

function blocks(tokens: readonly Token[]): string {
  return tokens
    .map(block)
    .filter((text) => text !== '')
    .join('\n\n');
}

/** The kinds of `marked`; what it does not know itself (an extension's) is shown as it was written. */
function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'hr':
      return '';
    case 'list':
      return isList(token) ? list(token) : token.raw;
    case 'table':
      return isTable(token) ? table(token) : token.raw;
    case 'blockquote':
      return blocks(inner(token));
    case 'code':
      return textOf(token);
    case 'html':
      return withoutTags(token.raw);
    default:
      return inline(hasTokens(token) ? token.tokens : [token]);
  }
}

function inline(tokens: readonly Token[]): string {
  return tokens.map(span).join('');
}

function span(token: Token): string {
  switch (token.type) {
    case 'br':
      return '\n';
    case 'html':
      return withoutTags(token.raw);
    case 'link':
    case 'image':
      return link(token);
    case 'checkbox':
      return '';
    case 'codespan':
    case 'escape':
      return textOf(token);
    default:
      return token.type !== 'text' || hasTokens(token) ? inline(inner(token)) : decoded(textOf(token));
  }
}

function inner(token: Token): readonly Token[] {
  return hasTokens(token) ? token.tokens : [{ type: 'escape', raw: token.raw, text: textOf(token) }];
}

function hasTokens(token: Token): token is Token & { readonly tokens: readonly Token[] } {
  return 'tokens' in token && token.tokens !== undefined && token.tokens.length > 0;
}

function textOf(token: Token): string {
  return 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
}

function link(token: Token): string {
  const href = 'href' in token && typeof token.href === 'string' ? token.href : '';
  const words = inline(inner(token)).trim();
  const bare = href.replace(/^(?:mailto:|tel:)/u, '');
  return words === '' || words === href || words === bare ? bare : `${words} (${bare})`;
}

function list({ items, ordered, start }: Tokens.List): string {
  const first = typeof start === 'number' ? start : 1;
  return items
    .map((item, index) => {
      const mark = item.task ? (item.checked === true ? '☑ ' : '☐ ') : ordered ? `${first + index}. ` : '• ';
      const [head = '', ...rest] = item.tokens
        .filter(({ type }) => type !== 'checkbox')
        .map(block)
        .filter((text) => text !== '')
        .join('\n')
        .split('\n');
      return [`${mark}${head}`, ...rest.map((line) => `  ${line}`)].join('\n');
    })
    .join('\n');
}

function table({ header, rows }: Tokens.Table): string {
  return [header, ...rows].map((cells) => cells.map((cell) => inline(cell.tokens)).join(' | ')).join('\n');
}

function isList(token: Token): token is Tokens.List {
  return token.type === 'list';
}

function isTable(token: Token): token is Tokens.Table {
  return token.type === 'table';
}

function withoutTags(html: string): string {
  return decoded(html.replaceAll(/<!--[\s\S]*?-->|<\/?[a-z][^>]*>/giu, ''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00A0',
};

function decoded(text: string): string {
  return text.replaceAll(
    /&(amp|lt|gt|quot|apos|nbsp);/gu,
    (entity, name: string) => ENTITIES[name] ?? entity,
  );
}
