import { attachmentRun, run } from '../attributed-body.ts';
import { encodePlist } from '../binary-plist.ts';
import { KIM, SAM, type CataloguePen, type CatalogueRow } from './pen.ts';

const CLASSIC = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'];

/** Everything that people lay on a message. */
export function writeTapbacks(pen: CataloguePen): void {
  const target = pen.row(
    'the message that tapbacks are on',
    {
      from: null,
      chat: pen.crew,
      body: [attachmentRun(0, 'at_0_TAPPED'), attachmentRun(1, 'at_1_TAPPED'), run(2, 'Look at these')],
      attachments: [
        { guid: 'at_0_TAPPED', name: 'one.png' },
        { guid: 'at_1_TAPPED', name: 'two.png' },
      ],
    },
    { text: 'Look at these' },
  );
  const tap = (
    name: string,
    columns: CatalogueRow['columns'],
    kind: Readonly<Record<string, unknown>>,
    from: string | null = KIM,
  ) =>
    pen.row(
      name,
      { chat: pen.crew, from, body: 'Loved “Look at these”', ...(columns ? { columns } : {}) },
      { kind },
    );
  const onPart = (part: number) => ({ associated_message_guid: `p:${part}/${target.guid}` });
  for (const [index, reaction] of CLASSIC.entries()) {
    for (const [action, base] of [
      ['add', 2000],
      ['remove', 3000],
    ] as const) {
      tap(
        `tapback ${reaction}, ${action}`,
        { ...onPart(2), associated_message_type: base + index },
        {
          kind: 'reaction',
          action,
          reaction,
          emoji: null,
          target: target.guid,
          part: 2,
        },
      );
    }
  }
  const love = { associated_message_type: 2000, associated_message_range_length: 13 };
  const loved = { kind: 'reaction', action: 'add', reaction: 'love', target: target.guid };
  tap('a tapback on an attachment', { ...love, ...onPart(0) }, { ...loved, part: 0 }, SAM);
  tap('a tapback on part -1', { ...love, ...onPart(-1) }, { ...loved, part: null });
  tap(
    'a tapback on a balloon',
    { ...love, associated_message_guid: `bp:${target.guid}` },
    { ...loved, part: null },
  );
  tap(
    'a tapback on a bare guid',
    { ...love, associated_message_guid: target.guid },
    { ...loved, part: null },
  );
  tap('an own tapback', { ...love, ...onPart(2) }, { ...loved, part: 2 }, null);
  tap(
    'a tapback with its summary',
    {
      ...love,
      ...onPart(2),
      message_summary_info: encodePlist({
        dictionary: { amc: 3, ams: 'Look at these', ampt: Buffer.alloc(8), ust: true },
      }),
    },
    { ...loved, part: 2 },
  );
  if (pen.since(15)) {
    const emoji = { associated_message_emoji: '🦦', ...onPart(2) };
    const reacted = { kind: 'reaction', reaction: 'emoji', emoji: '🦦', target: target.guid, part: 2 };
    tap('an emoji tapback', { ...emoji, associated_message_type: 2006 }, { ...reacted, action: 'add' });
    tap(
      'an emoji tapback taken off',
      { ...emoji, associated_message_type: 3006 },
      { ...reacted, action: 'remove' },
    );
    const stuck = { kind: 'reaction', reaction: 'sticker', target: target.guid, part: 2 };
    tap('a sticker tapback', { ...onPart(2), associated_message_type: 2007 }, { ...stuck, action: 'add' });
    tap(
      'a sticker tapback taken off',
      { ...onPart(2), associated_message_type: 3007 },
      { ...stuck, action: 'remove' },
    );
  }
  pen.row(
    'a sticker laid on a message',
    {
      chat: pen.crew,
      body: [attachmentRun(0, 'STICKER_A_STICKER_B')],
      attachments: [{ guid: 'STICKER_A_STICKER_B', name: 'sticker.heic', columns: { is_sticker: 1 } }],
      columns: { ...onPart(2), associated_message_type: 1000 },
    },
    {
      kind: { kind: 'sticker', target: target.guid, part: 2 },
      attachments: [{ guid: 'STICKER_A_STICKER_B', isSticker: true }],
    },
  );
  pen.row(
    'a tapback that came as a text message',
    { service: 'SMS', body: 'Liked “Look at these”' },
    { kind: { kind: 'text' }, text: 'Liked “Look at these”' },
  );
  tap(
    'an association that nobody knows',
    { ...onPart(0), associated_message_type: 5000 },
    {
      kind: 'unknown',
      itemType: 0,
      groupActionType: 0,
      associatedMessageType: 5000,
    },
  );
}
