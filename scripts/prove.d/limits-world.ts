import { DIVERSITY, IDLE_DAYS, MEAN_FACTOR, RAMP, RESPONSE_CONTACTS, SILENCE } from './limits-table.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** A message, as the world counts it. */
export interface Happened {
  readonly at: number;
  readonly isOut: boolean;
  readonly contact: string;
  readonly text: string;
  readonly isBlue: boolean;
}

type Sort = 'reply' | 'reach_out' | 'new_conversation';

interface Contact {
  /** Dates of what they wrote, ascending. */
  readonly inbound: number[];
  readonly sends: { readonly at: number; sort: Sort; readonly isBlue: boolean }[];
  readonly all: number[];
  /** The last stop or start word. */
  isStopped: boolean;
}

const STOP: ReadonlySet<string> = new Set([
  'stop',
  'unsubscribe',
  'optout',
  'opt out',
  'cancel',
  'end',
  'quit',
]);
const START: ReadonlySet<string> = new Set(['start', 'optin', 'opt in', 'unstop']);

/**
 * All messages of the account up to now, with what limits ask of them. Kept as plain lists of dates, counted anew for
 * each question.
 */
export class World {
  /** Of the whole Mac. */
  readonly #sends: number[] = [];
  readonly #blueSends: number[] = [];
  readonly #blueInbound: number[] = [];
  readonly #outreach: number[] = [];
  readonly #fresh: number[] = [];
  readonly #reachOuts: number[] = [];
  readonly #contacts = new Map<string, Contact>();
  readonly #texts = new Map<string, Map<string, number>>();
  #activeSince: number | null = null;
  #lastTraffic: number | null = null;

  add(one: Happened): void {
    const contact = this.#contact(one.contact);
    this.#noteTraffic(one.at);
    insert(contact.all, one.at);
    if (!one.isOut) {
      insert(contact.inbound, one.at);
      if (one.isBlue) {
        insert(this.#blueInbound, one.at);
      }
      const word = one.text.trim().toLowerCase();
      contact.isStopped = STOP.has(word) || (contact.isStopped && !START.has(word));
      return;
    }
    const sort = this.sortOf(one.contact, one.at);
    if (sort === 'new_conversation') {
      this.#followed(contact, one.at);
    }
    contact.sends.push({ at: one.at, sort, isBlue: one.isBlue });
    contact.sends.sort((a, b) => a.at - b.at);
    insert(this.#sends, one.at);
    if (!one.isBlue) {
      return;
    }
    insert(this.#blueSends, one.at);
    if (sort !== 'reply') {
      insert(this.#outreach, one.at);
      insert(sort === 'reach_out' ? this.#reachOuts : this.#fresh, one.at);
    }
    const masked = mask(one.text);
    if (masked !== '') {
      const known = this.#texts.get(masked) ?? new Map<string, number>();
      known.set(one.contact, Math.max(one.at, known.get(one.contact) ?? 0));
      this.#texts.set(masked, known);
    }
  }

  /** What a message to a contact would be at a moment. */
  sortOf(name: string, at: number): Sort {
    const { inbound, sends } = this.#contact(name);
    const last = inbound[countUpTo(inbound, at) - 1];
    if (last !== undefined) {
      return at < last + DAY ? 'reply' : 'reach_out';
    }
    return sends.some((one) => one.at <= at) ? 'reach_out' : 'new_conversation';
  }

  isStopped(name: string): boolean {
    return this.#contact(name).isStopped;
  }

  hasWritten(name: string): boolean {
    return this.#contact(name).inbound.length > 0;
  }

  /** Within a window that ends now: how many, and when the one goes that has to for another to fit. */
  count(what: 'sends' | 'outreach' | 'fresh' | 'reach_outs', ms: number, at: number): number {
    return within(this.#list(what), ms, at);
  }

  /** When fewer than `limit` are left of a window, other things being equal. */
  freeAt(what: 'sends' | 'outreach' | 'fresh' | 'reach_outs', ms: number, at: number, limit: number): number {
    const list = this.#list(what);
    const last = list[countUpTo(list, at) - Math.max(1, limit)];
    return last === undefined ? at : last + ms;
  }

  lastSend(at: number): number | null {
    return this.#sends[countUpTo(this.#sends, at) - 1] ?? null;
  }

  lastOutreach(at: number): number | null {
    return this.#outreach[countUpTo(this.#outreach, at) - 1] ?? null;
  }

  withContact(name: string, ms: number, at: number): number {
    return within(this.#contact(name).all, ms, at);
  }

  /** Of the messages to a contact since it last wrote: how many, how many of them outside a window, and the last. */
  unanswered(name: string): {
    readonly count: number;
    readonly followUps: number;
    readonly last: number | null;
  } {
    const { inbound, sends } = this.#contact(name);
    const since = inbound.at(-1) ?? -1;
    const open = sends.filter(({ at }) => at >= since);
    return {
      count: open.length,
      followUps: open.filter(({ sort }) => sort === 'reach_out').length,
      last: open.at(-1)?.at ?? null,
    };
  }

  ratio(at: number): { readonly sends: number; readonly inbound: number } {
    return { sends: within(this.#blueSends, WEEK, at), inbound: within(this.#blueInbound, WEEK, at) };
  }

  /** Other contacts who got this text within a day, and whether this one did. */
  sameText(name: string, text: string, at: number): { readonly others: number; readonly isKnown: boolean } {
    const known = [...(this.#texts.get(mask(text)) ?? [])].filter(([, last]) => last > at - DAY);
    return {
      others: known.filter(([other]) => other !== name).length,
      isKnown: known.some(([other]) => other === name),
    };
  }

  /** Percent of those written to in 7 days who wrote after our first message to them; `null` of too few. */
  responsePercent(at: number): number | null {
    let messaged = 0;
    let answering = 0;
    for (const { inbound, sends } of this.#contacts.values()) {
      const last = sends.at(-1);
      if (last !== undefined && last.at > at - WEEK) {
        messaged += 1;
        answering += (inbound.at(-1) ?? 0) > Math.max(sends[0]?.at ?? 0, at - WEEK) ? 1 : 0;
      }
    }
    return messaged < RESPONSE_CONTACTS ? null : (100 * answering) / messaged;
  }

  /** A day's sends went to very few contacts, or nearly all to new ones. */
  isNarrow(at: number): boolean {
    const sends = within(this.#blueSends, DAY, at);
    let contacts = 0;
    for (const contact of this.#contacts.values()) {
      const last = contact.sends.at(-1);
      contacts += last !== undefined && last.at > at - DAY ? 1 : 0;
    }
    return (
      (sends >= DIVERSITY.sends && contacts < DIVERSITY.contacts) ||
      (contacts >= DIVERSITY.fromContacts &&
        within(this.#fresh, DAY, at) * 100 > DIVERSITY.newPercent * contacts)
    );
  }

  /** Far fewer write than in the week before, or far fewer of those who were written to. */
  isFallingSilent(at: number): boolean {
    const today = within(this.#blueInbound, DAY, at);
    const usual = (within(this.#blueInbound, 8 * DAY, at) - today) / 7;
    const recent = this.#answers(at - 2 * DAY, at - DAY);
    const before = this.#answers(at - 9 * DAY, at - 2 * DAY);
    return (
      (usual >= SILENCE.samples && hasFallen(today, usual)) ||
      (Math.min(recent.messaged, before.messaged) >= SILENCE.samples && hasFallen(recent.rate, before.rate))
    );
  }

  /** Of the contacts last written to between two moments, those who wrote after that, or after our first message. */
  #answers(from: number, to: number): { readonly messaged: number; readonly rate: number } {
    let messaged = 0;
    let answering = 0;
    for (const { inbound, sends } of this.#contacts.values()) {
      const last = sends.at(-1)?.at ?? 0;
      if (last > from && last <= to) {
        messaged += 1;
        answering += (inbound.at(-1) ?? 0) > Math.min(last, sends[0]?.at ?? last) ? 1 : 0;
      }
    }
    return { messaged, rate: messaged === 0 ? 0 : answering / messaged };
  }

  /** What the ramp of a young line leaves of a daily cap. */
  ramped(cap: number, at: number): number {
    const isIdle = this.#lastTraffic === null || at - this.#lastTraffic >= IDLE_DAYS * DAY;
    const day = isIdle || this.#activeSince === null ? 0 : Math.floor((at - this.#activeSince) / DAY);
    const step = RAMP.find(([lastDay]) => day <= lastDay);
    if (step === undefined) {
      return cap;
    }
    const share = Math.floor((cap * step[1]) / 100);
    const mean = within(this.#outreach, 3 * DAY, at) / 3;
    return Math.max(1, day < 3 ? share : Math.min(share, Math.floor(MEAN_FACTOR * mean)));
  }

  /** When the share of the ramp grows next. */
  nextStep(at: number): number {
    const from = this.#activeSince ?? at;
    const day = Math.floor((at - from) / DAY);
    const step = RAMP.find(([lastDay]) => day <= lastDay);
    return step === undefined ? Number.POSITIVE_INFINITY : from + (step[0] + 1) * DAY;
  }

  #list(what: 'sends' | 'outreach' | 'fresh' | 'reach_outs'): number[] {
    switch (what) {
      case 'sends':
        return this.#sends;
      case 'outreach':
        return this.#outreach;
      case 'fresh':
        return this.#fresh;
      case 'reach_outs':
        return this.#reachOuts;
      default:
        return what satisfies never;
    }
  }

  #contact(name: string): Contact {
    const known = this.#contacts.get(name);
    if (known !== undefined) {
      return known;
    }
    const fresh: Contact = { inbound: [], sends: [], all: [], isStopped: false };
    this.#contacts.set(name, fresh);
    return fresh;
  }

  /** A message that became known late was the first: what had been taken for it only followed. */
  #followed(contact: Contact, at: number): void {
    for (const later of contact.sends) {
      if (later.at > at && later.sort === 'new_conversation') {
        later.sort = 'reach_out';
        if (later.isBlue) {
          this.#fresh.splice(this.#fresh.indexOf(later.at), 1);
          insert(this.#reachOuts, later.at);
        }
      }
    }
  }

  #noteTraffic(at: number): void {
    if (this.#lastTraffic === null || at - this.#lastTraffic >= IDLE_DAYS * DAY) {
      this.#activeSince = at;
    }
    this.#lastTraffic = Math.max(at, this.#lastTraffic ?? at);
  }
}

function hasFallen(now: number, usual: number): boolean {
  return usual > 0 && usual >= SILENCE.factor * now;
}

/** The text without what a template fills in: numbers, and words that are written as names. */
export function mask(text: string): string {
  return text
    .split(/\s+/u)
    .map((word, place) => (place > 0 && /^\p{Lu}/u.test(word) ? '@' : word.replace(/\d+/gu, '#')))
    .join(' ')
    .toLowerCase();
}

function insert(list: number[], at: number): void {
  const place = countUpTo(list, at);
  if (place === list.length) {
    list.push(at);
  } else {
    list.splice(place, 0, at);
  }
}

/** How many of an ascending list are at most this. */
function countUpTo(list: readonly number[], at: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) <= at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function within(list: readonly number[], ms: number, at: number): number {
  return countUpTo(list, at) - countUpTo(list, at - ms);
}
