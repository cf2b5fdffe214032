import { hash } from 'node:crypto';
import { seededRandom, type Random } from './random.ts';

/** What a contact writes because of a message of ours. */
export interface Answer {
  /** From our message, ms. */
  readonly afterMs: number;
  readonly text: string;
  /** What happens in the play once it is written. */
  readonly afterwards?: () => void;
}

/** How people answer: what one does is decided by the message alone, whenever it comes. */
export type Answers = (to: string, text: string) => Answer | null;

/**
 * Makes people of a rule that draws from chance: the same message gets the same answer in the play and in the schedule
 * that it is held against.
 */
export function decidedAnswers(
  seed: number,
  rule: (to: string, random: Random, text: string) => Answer | null,
): Answers {
  return (to, text) => {
    const digest = hash('sha256', `${seed}\n${to}\n${text}`, 'buffer');
    return rule(to, seededRandom(digest.readUInt32LE()), text);
  };
}
