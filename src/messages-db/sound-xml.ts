const CONTAINERS: ReadonlySet<string> = new Set(['plist', 'dict', 'array']);
const LEAVES: ReadonlySet<string> = new Set([
  'key',
  'string',
  'integer',
  'real',
  'data',
  'date',
  'true',
  'false',
]);
const MAX_DEPTH = 64;
/** `<name>`, `</name>`, `<name/>`; only the root carries an attribute. */
const TAG = /^<(\/?)([a-z]+)(?: version="[0-9.]*")?\s*(\/?)>$/u;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#[1-9]\d{0,6}|#x[1-9A-Fa-f][0-9A-Fa-f]{0,5});)/u;
/** What no XML document holds. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/u;

/**
 * Whether a text is the XML of a property list as Apple writes it: known tags, closed in order, nested no deeper than
 * 64, no declarations of its own. The parser prints what it thinks of anything else to the terminal, with words of the
 * document in it, and calls itself for every level.
 */
export function isSoundXml(xml: string, maxTags: number): boolean {
  if (FORBIDDEN.test(xml) || ENTITY.test(xml) || !xml.isWellFormed()) {
    return false;
  }
  const open: string[] = [];
  let roots = 0;
  let tags = 0;
  let end = 0;
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', end)) {
    const before = xml.slice(end, at);
    end = xml.indexOf('>', at) + 1;
    const tag = end === 0 ? '' : xml.slice(at, end);
    const isPrologue = open.length === 0 && roots === 0 && isDeclaration(tag);
    tags += 1;
    if (tags > maxTags || (!isPrologue && !step(tag, open))) {
      return false;
    }
    roots += tag.startsWith('<plist') ? 1 : 0;
    const isLeafText = tag.startsWith('</') && LEAVES.has(tag.slice(2, -1));
    if (roots > 1 || (!isLeafText && before.trim() !== '') || before.includes(']]>')) {
      return false;
    }
  }
  return roots === 1 && open.length === 0 && xml.slice(end).trim() === '';
}

function isDeclaration(tag: string): boolean {
  return (
    (tag.startsWith('<?xml ') && tag.endsWith('?>')) ||
    (tag.startsWith('<!DOCTYPE plist ') && !tag.includes('['))
  );
}

/** Opens or closes; `false` for what does not belong where it is. */
function step(tag: string, open: string[]): boolean {
  const [, slash, name = '', empty] = TAG.exec(tag) ?? [];
  if (!CONTAINERS.has(name) && !LEAVES.has(name)) {
    return false;
  }
  if (slash === '/') {
    return open.pop() === name && empty === '';
  }
  const parent = open.at(-1);
  const isPlace = name === 'plist' ? parent === undefined : parent !== undefined && CONTAINERS.has(parent);
  if (empty !== '/') {
    open.push(name);
  }
  return isPlace && open.length <= MAX_DEPTH;
}
