/** What a person can put on a message. */
export type TapbackType =
  | 'love'
  | 'like'
  | 'dislike'
  | 'laugh'
  | 'emphasize'
  | 'question'
  | 'emoji'
  | 'sticker';

const CODES: Readonly<Record<TapbackType, number>> = {
  love: 2000,
  like: 2001,
  dislike: 2002,
  laugh: 2003,
  emphasize: 2004,
  question: 2005,
  emoji: 2006,
  sticker: 2007,
};

const VERBS: Readonly<Record<TapbackType, string>> = {
  love: 'Loved',
  like: 'Liked',
  dislike: 'Disliked',
  laugh: 'Laughed at',
  emphasize: 'Emphasized',
  question: 'Questioned',
  emoji: 'Reacted',
  sticker: 'Reacted with a sticker to',
};

export const TAPBACK_TYPES: readonly TapbackType[] = [
  'love',
  'like',
  'dislike',
  'laugh',
  'emphasize',
  'question',
  'emoji',
  'sticker',
];

/** `associated_message_type`: 2000 to 2007 put it on, 3000 to 3007 take it off. */
export function tapbackCode(type: TapbackType, remove: boolean): number {
  return CODES[type] + (remove ? 1000 : 0);
}

/** The text that the row brings for systems that know no tapbacks, e.g. `Loved “hello”`. */
export function tapbackText(
  type: TapbackType,
  target: string,
  options: { readonly emoji: string | null; readonly remove: boolean },
): string {
  const quoted = `“${target}”`;
  if (options.remove) {
    return `Removed a ${type} from ${quoted}`;
  }
  return type === 'emoji' && options.emoji !== null
    ? `Reacted ${options.emoji} to ${quoted}`
    : `${VERBS[type]} ${quoted}`;
}
