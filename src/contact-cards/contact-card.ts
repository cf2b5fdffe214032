import { escapeText, property, type Property } from './property.ts';

export type Label = 'mobile' | 'home' | 'work' | 'main' | 'iphone' | 'other';

interface Labelled {
  readonly value: string;
  readonly label: Label | null;
  readonly isPrimary: boolean;
}

/** A person or a company as a client describes it. At least one name is there. */
export interface ContactCard {
  readonly firstName: string | null;
  readonly middleName: string | null;
  readonly lastName: string | null;
  readonly namePrefix: string | null;
  readonly nameSuffix: string | null;
  /** What is shown; made of the other names where it is `null`. */
  readonly displayName: string | null;
  readonly nickname: string | null;
  readonly organization: string | null;
  readonly department: string | null;
  readonly title: string | null;
  readonly phones: readonly Labelled[];
  readonly emails: readonly Labelled[];
  readonly urls: readonly Labelled[];
  readonly addresses: readonly {
    readonly street: string | null;
    readonly city: string | null;
    readonly region: string | null;
    readonly postalCode: string | null;
    readonly country: string | null;
    readonly label: Label | null;
  }[];
  /** `YYYY-MM-DD`. */
  readonly birthday: string | null;
  readonly note: string | null;
  readonly photo: { readonly type: 'JPEG' | 'PNG'; readonly bytes: Uint8Array } | null;
}

/** The types by which Apple's Contacts knows a label. */
const TYPES: Readonly<Record<Label, readonly string[]>> = {
  mobile: ['CELL', 'VOICE'],
  home: ['HOME'],
  work: ['WORK'],
  main: ['MAIN'],
  iphone: ['IPHONE', 'CELL', 'VOICE'],
  other: ['OTHER'],
};

/** What is shown of a card: its own name, else the person's, else the company's. */
export function displayNameOf(card: ContactCard): string {
  const { namePrefix, firstName, middleName, lastName, nameSuffix } = card;
  const person = [namePrefix, firstName, middleName, lastName, nameSuffix]
    .filter((part) => part !== null && part !== '')
    .join(' ');
  return card.displayName ?? (person === '' ? (card.organization ?? card.nickname ?? '') : person);
}

/** The properties of a vCard 3.0 for a card. */
export function toProperties(card: ContactCard): Property[] {
  const { organization, department, photo } = card;
  const name = [card.lastName, card.firstName, card.middleName, card.namePrefix, card.nameSuffix];
  const isCompany = name.every((part) => part === null) && organization !== null;
  return [
    property('N', structured(name)),
    property('FN', escapeText(displayNameOf(card))),
    ...text('NICKNAME', card.nickname),
    ...(organization === null && department === null
      ? []
      : [property('ORG', structured([organization, ...(department === null ? [] : [department])]))]),
    // Apple's own mark; without it a company is filed as a person without a name.
    ...(isCompany ? [property('X-ABSHOWAS', 'COMPANY')] : []),
    ...text('TITLE', card.title),
    ...labelled('TEL', card.phones),
    ...labelled('EMAIL', card.emails, ['INTERNET']),
    ...labelled('URL', card.urls),
    ...card.addresses.map(({ street, city, region, postalCode, country, label }) =>
      property('ADR', structured([null, null, street, city, region, postalCode, country]), typesOf(label)),
    ),
    ...text('BDAY', card.birthday),
    ...text('NOTE', card.note),
    ...(photo === null ? [] : [embedded(photo.type, Buffer.from(photo.bytes).toString('base64'))]),
  ];
}

/** A picture within the card (RFC 2426 §3.1.4). */
export function embedded(type: string, base64: string, name = 'PHOTO'): Property {
  return {
    group: null,
    name,
    params: new Map([
      ['ENCODING', ['b']],
      ['TYPE', [type]],
    ]),
    value: base64,
  };
}

function text(name: string, value: string | null): Property[] {
  return value === null ? [] : [property(name, escapeText(value))];
}

function labelled(name: string, values: readonly Labelled[], types: readonly string[] = []): Property[] {
  return values.map(({ value, label, isPrimary }) =>
    property(name, escapeText(value), [...types, ...typesOf(label), ...(isPrimary ? ['pref'] : [])]),
  );
}

function typesOf(label: Label | null): readonly string[] {
  return label === null ? [] : TYPES[label];
}

function structured(parts: readonly (string | null)[]): string {
  return parts.map((part) => escapeText(part ?? '')).join(';');
}
