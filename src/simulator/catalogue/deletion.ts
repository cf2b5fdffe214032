import { appleNanoseconds } from '../apple-time.ts';
import { attachmentRun, encodeRuns, run } from '../attributed-body.ts';
import { KIM, LEE, SAM, type CataloguePen, type WrittenRow } from './pen.ts';

/** What was deleted, what came back, and rows that stand in no chat. */
export function writeDeletion(pen: CataloguePen): void {
  if (pen.since(13)) {
    writeRecentlyDeleted(pen);
  }
  writeTwins(pen);
  writeOrphans(pen);
}

function writeRecentlyDeleted(pen: CataloguePen): void {
  const chat = { key: `direct:${KIM}`, style: 'direct', identifier: KIM };
  const deletedAt = pen.next + 3_600_000;
  const gone = pen.row(
    'a text in Recently Deleted',
    { body: 'thrown away' },
    {
      text: 'thrown away',
      isRecentlyDeleted: true,
      deletedAt,
      chat,
      chatResolved: 'join',
    },
  );
  moveToRecentlyDeleted(pen, gone, deletedAt);
  const back = pen.row(
    'a text restored from Recently Deleted',
    { body: 'kept after all' },
    {
      text: 'kept after all',
      isRecentlyDeleted: false,
      deletedAt: null,
      chat,
    },
  );
  moveToRecentlyDeleted(pen, back, back.at + 60_000);
  pen.insert('chat_message_join', {
    chat_id: pen.kim.rowId,
    message_id: back.rowId,
    message_date: appleNanoseconds(back.at),
  });
  pen.db.prepare<[number]>('DELETE FROM chat_recoverable_message_join WHERE message_id = ?').run(back.rowId);
  const partly = pen.row(
    'a message of which one part was deleted',
    { body: [run(1, 'the rest')] },
    { text: 'the rest', isRecentlyDeleted: false, parts: [{ type: 'text', index: 1, text: 'the rest' }] },
  );
  pen.insert('recoverable_message_part', {
    chat_id: pen.kim.rowId,
    message_id: partly.rowId,
    part_index: 0,
    delete_date: appleNanoseconds(partly.at + 60_000),
    part_text: encodeRuns([run(0, 'the deleted part')]),
  });
}

function moveToRecentlyDeleted(pen: CataloguePen, row: WrittenRow, at: number): void {
  pen.insert('chat_recoverable_message_join', {
    chat_id: pen.kim.rowId,
    message_id: row.rowId,
    delete_date: appleNanoseconds(at),
  });
  pen.db.prepare<[number]>('DELETE FROM chat_message_join WHERE message_id = ?').run(row.rowId);
}

/** Old messages that iCloud inserted again: new guid, new ROWID, the date that they always had. */
function writeTwins(pen: CataloguePen): void {
  const first = pen.row('a text that will come twice', { body: 'said once' }, { replayOf: null });
  const picture = pen.row(
    'a picture that will come twice',
    { body: [attachmentRun(0, 'at_0_TWICE')], attachments: [{ guid: 'at_0_TWICE', name: 'IMG_0042.heic' }] },
    { replayOf: null },
  );
  pen.row('a later text', { body: 'in between' }, { replayOf: null });
  pen.row(
    'the same text again',
    { at: first.at, body: 'said once' },
    { replayOf: first.guid, text: 'said once' },
  );
  pen.row(
    'the same picture again',
    {
      at: picture.at,
      body: [attachmentRun(0, 'at_0_AGAIN')],
      attachments: [{ guid: 'at_0_AGAIN', name: 'IMG_0042.heic' }],
    },
    { replayOf: picture.guid },
  );
  pen.row(
    'an old text without a twin',
    { at: first.at - 86_400_000, body: 'said elsewhere' },
    { replayOf: null },
  );
  pen.row('another text of the same moment', { at: first.at, body: 'said otherwise' }, { replayOf: null });
  pen.row('the same text of the owner', { at: first.at, from: null, body: 'said once' }, { replayOf: null });
  const elsewhere = pen.places.ensureChat({ style: 'direct', handle: LEE });
  pen.row(
    'the same text in another chat',
    { at: first.at, from: LEE, chat: elsewhere, body: 'said once' },
    {
      replayOf: null,
    },
  );
}

function writeOrphans(pen: CataloguePen): void {
  pen.row(
    'an orphan with a sender',
    { chat: null, from: LEE, service: 'RCS', body: 'no join' },
    {
      text: 'no join',
      chat: { key: `direct:${LEE}`, style: 'direct', identifier: LEE },
      chatResolved: 'handle',
    },
  );
  pen.row(
    'an orphan that names its group',
    { chat: null, from: SAM, body: 'in the group', columns: { cache_roomnames: pen.crew.identifier } },
    {
      text: 'in the group',
      chat: { key: `group:${pen.crew.identifier}`, style: 'group', identifier: pen.crew.identifier },
      chatResolved: 'handle',
    },
  );
  const ghost = pen.places.ensureHandle(pen.crew.identifier, 'SMS');
  pen.row(
    'a ghost of a send that failed',
    {
      chat: null,
      from: null,
      service: 'SMS',
      body: null,
      columns: { handle_id: ghost, is_finished: 0, is_sent: 0 },
    },
    { text: null, bodyStatus: 'none', parts: [], delivery: { isSent: false } },
  );
}
