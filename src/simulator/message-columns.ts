import { ATTACHMENT_MARK, encodeBody } from './body.ts';
import { isSince, type Era } from './era-schema.ts';
import type { OwnAccount } from './own-account.ts';
import type { Cell } from './row-insert.ts';

/** What every row of `message` has. `date` in nanoseconds since 2001. */
export function commonColumns(
  account: OwnAccount,
  guid: string,
  service: string,
  date: bigint,
): Record<string, Cell> {
  return {
    guid,
    version: 10,
    type: 0,
    service,
    account: account.login,
    account_guid: account.guid,
    date,
    destination_caller_id: account.line,
    error: 0,
  };
}

/** Up to macOS 13 `text` is filled beside the body; later ones leave it out, for own rows first and then for all. */
export function bodyColumns(
  era: Era,
  text: string,
  attachments: readonly string[],
  row: { readonly isFromMe: boolean; readonly service: string },
): Record<string, Cell> {
  const plain = row.service !== 'iMessage' || !isSince(era, 14) || (!isSince(era, 26) && !row.isFromMe);
  const whole = ATTACHMENT_MARK.repeat(text.includes(ATTACHMENT_MARK) ? 0 : attachments.length) + text;
  return {
    text: plain && whole !== '' ? whole : null,
    attributedBody: whole === '' ? null : encodeBody(text, { attachments, mutable: row.isFromMe }),
  };
}
