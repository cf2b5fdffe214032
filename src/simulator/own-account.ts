/** The own account, as chat and message rows name it. */
export interface OwnAccount {
  readonly line: string;
  /** `P:+1…` or `E:kim@…`. */
  readonly login: string;
  readonly guid: string;
}

/** The id of the one iMessage account that the simulated Mac is signed in to. */
export const ACCOUNT_GUID = '5B4D0A4C-9E0F-4C53-8E5C-0B1D7A6E2F31';

/** The id of the account that stands for the iPhone's text messages, where it is forwarded to the Mac. */
export const SMS_ACCOUNT_GUID = '0E3C5F0A-61D2-4B7B-9A5D-7B2F5C1E8D44';

export function ownAccount(line: string): OwnAccount {
  return { line, login: `${line.includes('@') ? 'E' : 'P'}:${line}`, guid: ACCOUNT_GUID };
}
