import { encodeBody } from './body.ts';

const SENTENCES: readonly string[] = [
  'Are we still on for Friday? I could be there a little earlier than we said.',
  'The train is late again, so do not wait for me with the food.',
  'I left the keys with the neighbour on the second floor.',
  'Have you seen what they did with the old station? It looks so different now.',
  'Thanks a lot 🙏 that helps more than you think.',
  'Can you bring the blue folder tomorrow, please?',
  'Das hätte ich nie gedacht, aber schön war es trotzdem.',
  'No.',
  'Yes, sounds good 👍',
  'We should call Grandma on Sunday, she asked about the children twice already.',
  'There is a table free at eight, otherwise only after half past nine. Shall I take it?',
  'My phone was empty all day, sorry for the late answer!',
  'ありがとう、また明日。',
  'It rained so much that the whole cellar is wet, and the plumber comes only on Tuesday.',
  'Where did you find that picture? I want to print it and hang it in the hall.',
  'I paid for both of us, you can get the next round.',
];

/** A stream of numbers in [0, 1) that a seed decides (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** One to six sentences, so that most bodies take 200 to 600 bytes. */
export function someText(random: () => number): string {
  const count = 1 + Math.floor(random() * random() * 6);
  let text = '';
  for (let index = 0; index < count; index += 1) {
    const sentence = SENTENCES[Math.floor(random() * SENTENCES.length)] ?? '';
    text += index === 0 ? sentence : `${random() < 0.1 ? '\n' : ' '}${sentence}`;
  }
  return text;
}

/**
 * `encodeBody(text)` for a plain text, by setting the text and its two lengths into a form: a million bodies take
 * seconds instead of minutes.
 */
export function plainBodies(mutable: boolean): (text: string) => Buffer {
  const form = encodeBody('?', { mutable });
  const at = form.indexOf('?');
  const run = Buffer.from('8402694901', 'hex');
  const length = form.indexOf(run, at) + run.length;
  const head = form.subarray(0, at - 1);
  const middle = form.subarray(at + 1, length);
  const tail = form.subarray(length + 1);
  return (text) => {
    const bytes = Buffer.from(text, 'utf8');
    return Buffer.concat([head, size(bytes.length), bytes, middle, size(text.length), tail]);
  };
}

function size(value: number): Buffer {
  if (value < 0x80) {
    return Buffer.of(value);
  }
  return value <= 0x7fff
    ? Buffer.of(0x81, value & 0xff, value >> 8)
    : Buffer.of(0x82, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
}
