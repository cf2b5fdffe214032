import type { Action, Capabilities, CapabilityName } from '../domain/index.ts';
import type { AppStatus } from './app-status.ts';

/** Acts on messages and chats, and what a line can do at all. A helper that can do more takes the place of the stock one. */
export interface Actions {
  capabilities(): Capabilities;
  /** What of the line's abilities the act needs, where it has not got it; `null` where the act was begun. */
  begin(action: Action): CapabilityName | null;
}

/**
 * What stock macOS can do by AppleScript with nothing switched off: send texts and files. No scripting verb exists for
 * tapbacks, replies, edits, typing or receipts, on any version.
 */
export function createStockActions(status: () => AppStatus): Actions {
  return {
    capabilities: () => ({
      text: 'native',
      file: 'native',
      group_send: 'native',
      sms: accountLevel(status(), 'SMS'),
      rcs: accountLevel(status(), 'RCS'),
      voice_memo: 'file',
      contact_card: 'file',
      tapback: 'none',
      reply: 'none',
      edit: 'none',
      unsend: 'none',
      typing: 'none',
      read_receipt: 'none',
      effects: 'none',
      formatting: 'none',
      alias_select: 'none',
      group_create: 'none',
    }),
    begin: ({ type }) => NEEDED[type],
  };
}

const NEEDED: Readonly<Record<Action['type'], CapabilityName>> = {
  react: 'tapback',
  edit: 'edit',
  unsend: 'unsend',
  typing: 'typing',
  mark_read: 'read_receipt',
};

/** A text message leaves through an iPhone, which appears as an account of its own while forwarding is on. */
function accountLevel(status: AppStatus, service: 'SMS' | 'RCS'): 'native' | 'none' | 'unknown' {
  if (status.state !== 'running') {
    return 'unknown';
  }
  return status.accounts.some((account) => account.enabled && account.serviceType === service)
    ? 'native'
    : 'none';
}
