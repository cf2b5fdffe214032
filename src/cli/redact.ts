import { isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';

/** Each with what stands in its place. Whole words of the wire format (`msg_…`, `obx_…`) are hashes, and stay. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/blk_[0-9a-f]+_[\w-]+/gu, '[key]'],
  [/whsec_[\w+/=-]+/gu, '[secret]'],
  [/\bBearer\s+\S+/giu, 'Bearer [key]'],
  [/\/\/[^\s/@:]+:[^\s/@]+@/gu, '//[credentials]@'],
  [/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu, '[address]'],
  [/\+\d(?:[ ().-]{0,2}\d){5,}/gu, '[number]'],
  [/(?<![\w.:-])1?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w.:-])/gu, '[number]'],
  [/(?<![\w.:+-])1?\d{10}(?![\w.:-])/gu, '[number]'],
];

/** A text without addresses, keys and the name of the user's home: what is left is fit for a bug report. */
export function redact(text: string, home: string): string {
  const homeless = home === '' || home === '/' ? text : text.replaceAll(home, '~');
  return PATTERNS.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), homeless);
}

/** Keys whose words are a choice among few, a time, or a path. Those of every other key may be anybody's. */
const PLAIN = new Set([
  'db',
  'osascript',
  'tools',
  'mode',
  'host',
  'preset',
  'level',
  'contact_card',
  'time_zone',
  'afconvert',
  'from',
  'to',
]);

/** A `config.yaml` with its keys, numbers and switches; of its words those that are nobody's. */
export function redactConfig(yaml: string, home: string): string {
  const document = parseDocument(yaml, { logLevel: 'silent' });
  if (document.errors.length > 0) {
    return '# It is no YAML, and left out.\n';
  }
  document.comment = null;
  document.commentBefore = null;
  hide(document.contents, false);
  return redact(document.toString(), home);
}

function hide(node: unknown, isPlain: boolean): void {
  if (isScalar(node)) {
    bare(node);
    if (typeof node.value === 'string' && !isPlain) {
      node.value = '[text]';
    }
  } else if (isMap(node)) {
    bare(node);
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      if (isScalar(pair.key)) {
        bare(pair.key);
      }
      hide(pair.value, PLAIN.has(name));
    }
  } else if (isSeq(node)) {
    bare(node);
    node.items.forEach((item) => hide(item, false));
  }
}

/** Comments are words as well. */
function bare(node: Node): void {
  node.comment = null;
  node.commentBefore = null;
}
