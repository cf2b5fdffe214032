import Database from 'better-sqlite3';

/**
 * What reading the same rows costs without understanding them: the columns that the export reads, one plain object for
 * each row, in the same short reads. Nothing is decoded and nothing is written.
 * @returns how many rows there were
 */
export function readPlainly(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    const there = (table: string) =>
      new Set(
        db
          .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
          .all(table)
          .map(({ name }) => name),
      );
    const columns = (table: string, alias: string, names: readonly string[]) =>
      names.filter((name) => there(table).has(name)).map((name) => `${alias}.${name}`);
    const messages = db.prepare<[number, number], Record<string, unknown>>(
      `SELECT ${[
        'm.ROWID AS row_id',
        ...columns('message', 'm', MESSAGE_COLUMNS),
        'm.handle_id',
        'm.other_handle',
        '(SELECT MIN(j.chat_id) FROM chat_message_join j WHERE j.message_id = m.ROWID) AS chat_id',
      ].join(', ')} FROM message m WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`,
    );
    const attachments = db.prepare<[number, number], Record<string, unknown>>(
      `SELECT j.message_id, ${columns('attachment', 'a', ATTACHMENT_COLUMNS).join(', ')}
         FROM message_attachment_join j JOIN attachment a ON a.ROWID = j.attachment_id
         WHERE j.message_id > ? AND j.message_id <= ?`,
    );
    let after = 0;
    let rows = 0;
    for (;;) {
      const found = messages.all(after, ROWS_PER_READ);
      const last = found.at(-1);
      if (last === undefined) {
        return rows;
      }
      const upTo = Number(last['row_id']);
      attachments.all(after, upTo);
      rows += found.length;
      after = upTo;
    }
  } finally {
    db.close();
  }
}

const ROWS_PER_READ = 1000;

const ATTACHMENT_COLUMNS = [
  'guid',
  'filename',
  'mime_type',
  'uti',
  'transfer_state',
  'transfer_name',
  'total_bytes',
  'is_sticker',
  'is_outgoing',
  'created_date',
  'attribution_info',
  'sticker_user_info',
  'user_info',
  'emoji_image_short_description',
];

const MESSAGE_COLUMNS = [
  'guid',
  'text',
  'attributedBody',
  'subject',
  'service',
  'account',
  'error',
  'date',
  'date_read',
  'date_delivered',
  'date_played',
  'is_delivered',
  'is_from_me',
  'is_empty',
  'is_read',
  'is_sent',
  'was_downgraded',
  'was_delivered_quietly',
  'did_notify_recipient',
  'cache_has_attachments',
  'cache_roomnames',
  'is_audio_message',
  'is_expirable',
  'expire_state',
  'item_type',
  'group_title',
  'group_action_type',
  'share_status',
  'share_direction',
  'associated_message_guid',
  'associated_message_type',
  'associated_message_emoji',
  'balloon_bundle_id',
  'payload_data',
  'message_summary_info',
  'destination_caller_id',
  'thread_originator_guid',
  'thread_originator_part',
  'expressive_send_style_id',
  'is_spam',
  'filter_action',
  'date_retracted',
  'date_edited',
  'schedule_type',
  'schedule_state',
];
