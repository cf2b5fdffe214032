import type { Handle } from '../domain/index.ts';
import type { ContactCard } from './contact-card.ts';

/** The line's own card: the address that sends first, then those under which contacts may hear from us as well. */
export function lineCard(options: {
  readonly line: Handle;
  readonly backups: readonly Handle[];
  /** What is shown; the address itself where there is neither this nor an organization. */
  readonly name: string | null;
  readonly organization: string | null;
}): ContactCard {
  const { line, backups, name, organization } = options;
  const addresses = [line, ...backups.filter((handle) => handle !== line)].map((value) => ({
    value,
    label: 'main' as const,
    isPrimary: value === line,
  }));
  return {
    firstName: null,
    middleName: null,
    lastName: null,
    namePrefix: null,
    nameSuffix: null,
    displayName: name ?? organization ?? line,
    nickname: null,
    organization,
    department: null,
    title: null,
    phones: addresses.filter(({ value }) => !value.includes('@')),
    emails: addresses.filter(({ value }) => value.includes('@')),
    urls: [],
    addresses: [],
    birthday: null,
    note: null,
    photo: null,
  };
}
