import type { LimitRules } from '../config/index.ts';

export type Keyword = 'stop' | 'start';

const EDGES = /^[\s\p{P}\p{S}]+|[\s\p{P}\p{S}]+$/gu;

/** No word with all that may stand around it is longer, and most messages are no such word. */
const LONGEST = 80;

/**
 * Whether a whole message is one of the words by which people stop and allow messages: case, spaces, dashes and
 * punctuation around do not matter; a stop word inside a sentence is no stop.
 */
export function keywordOf(text: string | null, words: LimitRules['recipient_opted_out']): Keyword | null {
  const said = text === null || text.length > LONGEST ? '' : plain(text);
  if (said === '') {
    return null;
  }
  if (words.stop_words.some((word) => plain(word) === said)) {
    return 'stop';
  }
  return words.start_words.some((word) => plain(word) === said) ? 'start' : null;
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(EDGES, '')
    .replace(/[\s-]+/gu, '');
}
