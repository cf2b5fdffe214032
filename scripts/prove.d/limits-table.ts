/**
 * The numbers that a line has to keep to, per preset, written down once more from the published table and not taken
 * from the rules. `null`: the preset does not have that rule.
 */
export interface LimitTable {
  /** Between two messages of the account, in ms. */
  readonly gapMs: number;
  /** With one contact within 60 s, both ways. */
  readonly perMinuteWithContact: number;
  /** Of the whole Mac within 24 h. */
  readonly perDay: number | null;
  /** Outreach within 60 s. */
  readonly outreachPerMinute: number | null;
  readonly onlyWhoWrote: boolean;
  readonly newPerDay: number | null;
  readonly newPerHour: number | null;
  readonly reachOutsPerDay: number | null;
  /** Messages to a contact since it last wrote. */
  readonly unanswered: number;
  readonly followUps: { readonly most: number; readonly apartMs: number } | null;
  /** From `from` sends on. `paceAbove`: over it, outreach keeps a minute apart, a quarter less at the least. */
  readonly ratio: { readonly most: number; readonly paceAbove: number | null; readonly from: number } | null;
  /** Percent under which outreach waits a minute or more; from so many contacts on. */
  readonly responsePercent: number | null;
  readonly isDiversityJudged: boolean;
  readonly sameText: number | null;
  readonly isFirstContentJudged: boolean;
  /** Hours of the contact's day in which only replies go. */
  readonly quiet: { readonly from: number; readonly to: number } | null;
  readonly needsOptIn: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Share of the daily outreach caps by the line's day, counted from 0: the last day of each step, and its percent. */
export const RAMP: readonly (readonly [lastDay: number, percent: number])[] = [
  [2, 10],
  [6, 25],
  [10, 50],
  [14, 75],
];
/** A line without any message for so long begins its ramp anew. */
export const IDLE_DAYS = 30;
/** While it ramps, no day may have more than so many times the mean of the three before. */
export const MEAN_FACTOR = 3;
/** Contacts that a response rate needs. */
export const RESPONSE_CONTACTS = 20;
/** A day's sends to fewer than 5 contacts from 200 on; more than 80 % new contacts, of at least 10. */
export const DIVERSITY = { sends: 200, contacts: 5, newPercent: 80, fromContacts: 10 } as const;

/** Apple's silence: what falls to a third of the 7 days before, of at least 10 samples, puts the line at risk. */
export const SILENCE = { factor: 3, samples: 10 } as const;

const balanced: LimitTable = {
  gapMs: 1_000,
  perMinuteWithContact: 30,
  perDay: 5_000,
  outreachPerMinute: 30,
  onlyWhoWrote: false,
  newPerDay: 50,
  newPerHour: 15,
  reachOutsPerDay: 200,
  unanswered: 5,
  followUps: { most: 3, apartMs: 24 * HOUR },
  ratio: { most: 10, paceAbove: 6, from: 20 },
  responsePercent: 15,
  isDiversityJudged: true,
  sameText: 50,
  isFirstContentJudged: true,
  quiet: { from: 21, to: 8 },
  needsOptIn: false,
};

export const TABLE = {
  balanced,
  messages_dev: {
    ...balanced,
    perDay: null,
    outreachPerMinute: null,
    onlyWhoWrote: true,
    newPerDay: null,
    newPerHour: null,
    followUps: null,
    ratio: { most: 10, paceAbove: null, from: 20 },
    responsePercent: null,
    isDiversityJudged: false,
    sameText: null,
    isFirstContentJudged: false,
    quiet: null,
  },
  photon: {
    ...balanced,
    outreachPerMinute: 100,
    newPerHour: null,
    reachOutsPerDay: null,
    // Three follow-ups to a message without an answer: the fifth is one too many.
    unanswered: 4,
    ratio: null,
    responsePercent: null,
    isDiversityJudged: false,
    sameText: null,
  },
  strict: {
    ...balanced,
    gapMs: 2_000,
    perMinuteWithContact: 20,
    perDay: 2_500,
    outreachPerMinute: 15,
    onlyWhoWrote: true,
    newPerDay: null,
    newPerHour: null,
    reachOutsPerDay: 100,
    unanswered: 3,
    followUps: { most: 2, apartMs: 48 * HOUR },
    ratio: { most: 4, paceAbove: null, from: 20 },
    responsePercent: 30,
    sameText: 20,
    quiet: { from: 20, to: 9 },
    needsOptIn: true,
  },
} as const satisfies Readonly<Record<string, LimitTable>>;

export type PresetInTable = keyof typeof TABLE;

export function isPreset(name: unknown): name is PresetInTable {
  return typeof name === 'string' && Object.hasOwn(TABLE, name);
}
