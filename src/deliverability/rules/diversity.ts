import type { LimitRules } from '../../config/index.ts';
import type { AccountFigures } from '../facts.ts';
import { DAY_MS, PASS, windowNumbers, type Rule } from './rule.ts';

/** What is odd about whom the account writes to, or `null`. */
export function lackOfDiversity(
  figures: AccountFigures,
  numbers: LimitRules['diversity'],
): 'few_contacts' | 'mostly_new' | null {
  const { sends, sentContacts, newConversations } = figures;
  if (sends >= numbers.sends && sentContacts < numbers.contacts) {
    return 'few_contacts';
  }
  return sentContacts >= Math.max(1, numbers.min_contacts) &&
    newConversations * 100 > numbers.new_percent * sentContacts
    ? 'mostly_new'
    : null;
}

/** Warn: a day's sends to very few contacts, or nearly all of them to new ones. */
export const diversity: Rule<'diversity'> = {
  code: 'diversity',
  bindsReplies: false,
  judge: (_send, numbers, facts) => {
    const { figures } = facts;
    const odd = lackOfDiversity(figures, numbers);
    switch (odd) {
      case 'few_contacts':
        return {
          outcome: 'warn',
          numbers: windowNumbers(figures.sentContacts, numbers.contacts, DAY_MS),
          message: `${figures.sends} sends in 24 hours went to ${figures.sentContacts} contacts.`,
        };
      case 'mostly_new':
        return {
          outcome: 'warn',
          numbers: windowNumbers(figures.newConversations, figures.sentContacts, DAY_MS),
          message: `${figures.newConversations} of the day's ${figures.sentContacts} contacts are new.`,
        };
      case null:
        return PASS;
      default:
        return odd satisfies never;
    }
  },
};
