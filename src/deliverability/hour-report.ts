import { z } from 'zod';
import type { Instant } from '../domain/index.ts';
import { quantile } from './signals.ts';

/** One message of the hour, as the ledger holds it. */
export interface ReportFact {
  readonly at: number;
  readonly contact: number;
  readonly isOut: boolean;
  /** `inbound` for theirs. */
  readonly standing: 'inbound' | 'reply' | 'reach_out' | 'new_conversation';
  readonly failed: boolean;
  readonly deliveredAt: number | null;
  readonly isOurs: boolean;
  readonly digest: number | null;
  /** Messages to the contact since it last wrote, this one included. */
  readonly unanswered: number;
  /** The contact's clock showed quiet hours. */
  readonly isOffHours: boolean;
}

const causeSchema = z.enum([
  'burst',
  'no_conversation',
  'hammering_non_responders',
  'cold_outreach',
  'off_hours',
]);

/** As a report is kept, its moment left out. */
export const hourReportSchema = z.object({
  sends: z.int(),
  inbound: z.int(),
  /** Sends by a person, from the phone or the Mac. */
  byPerson: z.int(),
  /** Sends in each of the 60 minutes, oldest first. */
  sendsPerMinute: z.array(z.int()),
  newContacts: z.int(),
  reachOuts: z.int(),
  contacts: z.int(),
  /** Contacts sent to in the hour who have not written since. */
  unansweredContacts: z.int(),
  /** Sends to one inbound message; `null` without any. */
  ratio: z.number().nullable(),
  /** Most contacts who got one text. */
  duplicates: z.int(),
  deliveryMs: z.object({ p50: z.number(), p95: z.number(), samples: z.int() }),
  failures: z.int(),
  /** Likeliest first; `score` from 0 to 1 is how far the hour fits Photon's description of the pattern. */
  causes: z.array(z.object({ cause: causeSchema, score: z.number(), because: z.string() })),
});

/** What a line did in the hour before a moment, and what of it Apple is likely to have minded. */
export type HourReport = Readonly<z.output<typeof hourReportSchema>> & { readonly at: Instant };

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** Where each pattern is taken for certain. */
const CERTAIN = {
  /** Photon: 100 and more in a tight window. */
  perMinute: 100,
  ratio: 10,
  /** Photon: two or three follow-ups at most. */
  unanswered: 6,
  newContacts: 50,
} as const;

/** A score of this little is not worth a line. */
const LEAST_SCORE = 0.05;

export function hourReport(at: Instant, facts: readonly ReportFact[]): HourReport {
  const out = facts.filter(({ isOut }) => isOut);
  const inbound = facts.length - out.length;
  const perMinute = Array.from({ length: MINUTES }, () => 0);
  for (const fact of out) {
    const minute = MINUTES - 1 - Math.floor((at - fact.at) / MINUTE_MS);
    perMinute[minute] = (perMinute[minute] ?? 0) + 1;
  }
  const contacts = new Set(out.map(({ contact }) => contact));
  const lastIn = new Map<number, number>();
  const lastOut = new Map<number, number>();
  for (const fact of facts) {
    const side = fact.isOut ? lastOut : lastIn;
    side.set(fact.contact, Math.max(side.get(fact.contact) ?? 0, fact.at));
  }
  const silent = [...contacts].filter(
    (contact) => (lastIn.get(contact) ?? 0) <= (lastOut.get(contact) ?? 0),
  ).length;
  const delays = out.flatMap(({ at: sentAt, deliveredAt }) =>
    deliveredAt === null ? [] : [deliveredAt - sentAt],
  );
  const report = {
    at,
    sends: out.length,
    inbound,
    byPerson: out.filter(({ isOurs }) => !isOurs).length,
    sendsPerMinute: perMinute,
    newContacts: out.filter(({ standing }) => standing === 'new_conversation').length,
    reachOuts: out.filter(({ standing }) => standing === 'reach_out').length,
    unansweredContacts: silent,
    contacts: contacts.size,
    ratio: inbound === 0 ? null : Math.round((out.length / inbound) * 100) / 100,
    duplicates: mostContactsOfOneText(out),
    deliveryMs: { p50: quantile(delays, 0.5), p95: quantile(delays, 0.95), samples: delays.length },
    failures: out.filter(({ failed }) => failed).length,
  };
  return { ...report, causes: causesOf(report, out) };
}

function causesOf(report: Omit<HourReport, 'causes'>, out: readonly ReportFact[]): HourReport['causes'] {
  const { sends, inbound } = report;
  if (sends === 0) {
    return [];
  }
  const outreach = out.filter(({ standing }) => standing !== 'reply');
  const peak = Math.max(...report.sendsPerMinute);
  const hammered = Math.max(...outreach.map(({ unanswered }) => unanswered), 0);
  const atNight = outreach.filter(({ isOffHours }) => isOffHours).length;
  const ratio = sends / Math.max(1, inbound);
  const all = [
    { cause: 'burst', score: peak / CERTAIN.perMinute, because: `${peak} sends in one minute` },
    {
      cause: 'no_conversation',
      // Nobody expects answers within the hour to a handful of messages.
      score: (ratio / CERTAIN.ratio) * Math.min(1, sends / 20),
      because: `${sends} sends to ${inbound} inbound messages`,
    },
    {
      cause: 'hammering_non_responders',
      score: hammered < 2 ? 0 : hammered / CERTAIN.unanswered,
      because: `up to ${hammered} messages in a row without an answer`,
    },
    {
      cause: 'cold_outreach',
      score: Math.max(report.newContacts / CERTAIN.newContacts, report.duplicates / CERTAIN.newContacts),
      because: `${report.newContacts} contacts written to for the first time, one text to ${report.duplicates}`,
    },
    {
      cause: 'off_hours',
      score: outreach.length === 0 ? 0 : (atNight / outreach.length) * Math.min(1, atNight / 10),
      because: `${atNight} sends at night on the contact's clock`,
    },
  ] as const satisfies HourReport['causes'];
  return all
    .map((one) => ({ ...one, score: Math.min(1, Math.round(one.score * 100) / 100) }))
    .filter(({ score }) => score >= LEAST_SCORE)
    .toSorted((a, b) => b.score - a.score);
}

function mostContactsOfOneText(out: readonly ReportFact[]): number {
  const contacts = new Map<number, Set<number>>();
  for (const { digest, contact } of out) {
    if (digest !== null) {
      contacts.set(digest, (contacts.get(digest) ?? new Set()).add(contact));
    }
  }
  return Math.max(0, ...[...contacts.values()].map(({ size }) => size));
}
