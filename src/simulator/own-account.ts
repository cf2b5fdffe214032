/** The own account, as chat and message rows name it. */
export interface OwnAccount {
  readonly line: string;
  /** `P:+1…` or `E:kim@…`. */
  readonly login: string;
  readonly guid: string;
}

/** The id of the one iMessage account that the simulated Mac is signed in to. */
export const ACCOUNT_GUID = '5B4D0A4C-9E0F-4C53-8E5C-0B1D7A6E2F31';

export function ownAccount(line: string): OwnAccount {
  return { line, login: `${line.includes('@') ? 'E' : 'P'}:${line}`, guid: ACCOUNT_GUID };
}
