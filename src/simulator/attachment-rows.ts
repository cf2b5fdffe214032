import { appleSeconds } from './apple-time.ts';
import type { NewAttachment } from './new-rows.ts';
import type { InsertRow } from './row-insert.ts';

/** Writes the attachment's row and its join; its dates are whole seconds since 2001, unlike all others. */
export function insertAttachment(
  insert: InsertRow,
  message: number,
  attachment: NewAttachment & { readonly guid: string },
  options: { readonly isOutgoing: boolean; readonly at: number },
): void {
  const { guid } = attachment;
  const seconds = Math.round(appleSeconds(options.at));
  const folder = `~/Library/Messages/Attachments/${guid.slice(0, 2).toLowerCase()}/00/${guid}`;
  const id = insert('attachment', {
    guid,
    original_guid: guid,
    created_date: seconds,
    start_date: seconds,
    filename: attachment.filename ?? `${folder}/${attachment.name}`,
    mime_type: attachment.mimeType,
    transfer_state: attachment.state ?? 5,
    is_outgoing: options.isOutgoing ? 1 : 0,
    transfer_name: attachment.name,
    total_bytes: attachment.size,
  });
  insert('message_attachment_join', { message_id: message, attachment_id: id });
}
