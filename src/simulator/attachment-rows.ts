import type Database from 'better-sqlite3';
import { appleSeconds } from './apple-time.ts';
import type { NewAttachment } from './new-rows.ts';
import type { InsertRow } from './row-insert.ts';

/** Writes the attachment's row, without its join; its dates are whole seconds since 2001, unlike all others. */
export function insertAttachment(
  insert: InsertRow,
  attachment: NewAttachment & { readonly guid: string },
  options: { readonly isOutgoing: boolean; readonly at: number },
): void {
  const { guid } = attachment;
  const seconds = Math.round(appleSeconds(options.at));
  const folder = `~/Library/Messages/Attachments/${guid.slice(0, 2).toLowerCase()}/00/${guid}`;
  insert('attachment', {
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
}

/** Ties the attachments to their message. */
export function joinAttachments(db: Database.Database, message: number, guids: readonly string[]): void {
  const join = db.prepare<[number, string]>(
    `INSERT INTO message_attachment_join (message_id, attachment_id) SELECT ?, ROWID FROM attachment WHERE guid = ?`,
  );
  for (const guid of guids) {
    join.run(message, guid);
  }
}
