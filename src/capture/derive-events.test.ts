import { describe, expect, it } from 'vitest';
import { aMessage, anInbound, UNSENT } from '../../test/support/message.ts';
import {
  chatRef,
  commandId,
  handle,
  messageGuid,
  rowId,
  type Attachment,
  type Delivery,
  type Message,
  type Origin,
} from '../domain/index.ts';
import { eventsOfChange, eventsOfDeletedRow, eventsOfNewRow } from './derive-events.ts';
import { decodeRowState, encodeRowState, rowStateOf } from './row-state.ts';

const DEVICE: Origin = { by: 'device' };
const types = (events: readonly { readonly type: string }[]) => events.map((event) => event.type);
const delivery = (fields: Partial<Delivery>): Delivery => ({ ...UNSENT, ...fields });

/** The events from one state of a row to the next, by way of what the store keeps. */
function change(before: Message, after: Message): string[] {
  return types(
    eventsOfChange(decodeRowState(encodeRowState(rowStateOf(before))), after, after.isFromMe ? DEVICE : null),
  );
}

const photo = (transferState: number): Attachment => ({
  guid: 'at_0',
  filename: 'a.png',
  mimeType: 'image/png',
  size: 1,
  transferState,
  isSticker: false,
});

describe('a new row', () => {
  it('of a contact is received', () => {
    expect(types(eventsOfNewRow(anInbound(), null))).toEqual(['message.received']);
  });

  it('of a contact that the owner has read elsewhere is received and read', () => {
    const events = eventsOfNewRow(anInbound({ delivery: delivery({ isRead: true }) }), null);
    expect(events).toMatchObject([{ type: 'message.received' }, { type: 'message.read', reader: 'self' }]);
  });

  it('of ours is created while unsent, and says whose doing it was', () => {
    const origin: Origin = { by: 'bridge', command: commandId('obx_1') };
    expect(eventsOfNewRow(aMessage(), origin)).toMatchObject([{ type: 'message.created', origin }]);
  });

  it('of ours that is first seen delivered tells both steps', () => {
    const events = eventsOfNewRow(
      aMessage({ delivery: delivery({ isSent: true, isDelivered: true }) }),
      DEVICE,
    );
    expect(types(events)).toEqual(['message.sent', 'message.delivered']);
  });

  it('of ours that is first seen failed is failed, not sent', () => {
    expect(types(eventsOfNewRow(aMessage({ delivery: delivery({ error: 22 }) }), DEVICE))).toEqual([
      'message.failed',
    ]);
  });

  it('that is a tapback is a reaction, never a message', () => {
    const kind = {
      kind: 'reaction',
      action: 'remove',
      reaction: 'love',
      emoji: null,
      target: messageGuid('T'),
      part: 0,
    } as const;
    expect(eventsOfNewRow(anInbound({ kind }), null)).toMatchObject([
      { type: 'reaction.removed', reaction: { target: 'T', added: false } },
    ]);
  });

  it.each([
    ['participant_added', 'participant.added'],
    ['participant_removed', 'participant.removed'],
    ['renamed', 'chat.updated'],
    ['photo_changed', 'chat.updated'],
  ] as const)('that says %s is %s', (action, type) => {
    const kind = { kind: 'group_event', action, subject: handle('+15550002222'), title: 'Team' } as const;
    expect(types(eventsOfNewRow(anInbound({ kind }), null))).toEqual([type]);
  });

  it('of a kind that nobody knows is still told', () => {
    const kind = { kind: 'unknown', itemType: 99, groupActionType: 0, associatedMessageType: 0 } as const;
    expect(types(eventsOfNewRow(anInbound({ kind }), null))).toEqual(['message.received']);
  });
});

describe('a changed row', () => {
  it.each<[string, Partial<Message>, Partial<Message>, string[]]>([
    ['sent', {}, { delivery: delivery({ isSent: true }) }, ['message.sent']],
    [
      'delivered and read in one commit',
      { delivery: delivery({ isSent: true }) },
      { delivery: delivery({ isSent: true, isDelivered: true, isRead: true }) },
      ['message.delivered', 'message.read'],
    ],
    ['failed', {}, { delivery: delivery({ error: 22 }) }, ['message.failed']],
    [
      'delivered after it had failed',
      { delivery: delivery({ error: 4 }) },
      { delivery: delivery({ isSent: true, isDelivered: true }) },
      ['message.sent', 'message.delivered'],
    ],
    ['edited', {}, { text: 'hello you', revisions: 2 }, ['message.edited']],
    ['unsent', {}, { text: null, isUnsent: true, unsentParts: [0] }, ['message.unsent']],
    ['unsent in part', {}, { unsentParts: [1] }, ['message.unsent']],
    ['given its body late', { text: null, bodyStatus: 'none' }, {}, ['message.updated']],
    ['given its chat late', { chatResolved: 'handle' }, {}, ['message.updated']],
    ['given an attachment late', {}, { attachments: [photo(0)] }, ['message.updated']],
    ['given its file', { attachments: [photo(3)] }, { attachments: [photo(5)] }, ['attachment.ready']],
    ['moved to Recently Deleted', {}, { isRecentlyDeleted: true }, ['message.deleted']],
    ['moved back', { isRecentlyDeleted: true }, {}, ['message.updated']],
    ['not changed in anything that we tell of', {}, { service: 'SMS' }, []],
  ])('that was %s', (_, before, after, expected) => {
    expect(change(aMessage(before), aMessage(after))).toEqual(expected);
  });

  it('of a contact that the owner reads is read by self', () => {
    const before = rowStateOf(anInbound());
    const after = anInbound({ delivery: delivery({ isRead: true }) });
    expect(eventsOfChange(before, after, null)).toMatchObject([{ type: 'message.read', reader: 'self' }]);
  });
});

describe('a deleted row', () => {
  it('is told with its guid and chat, from what was kept of it', () => {
    expect(eventsOfDeletedRow(rowStateOf(anInbound()), messageGuid('G'), rowId(11))).toEqual([
      {
        type: 'message.deleted',
        guid: 'G',
        rowId: 11,
        chat: chatRef('direct', '+15550001111'),
        line: '+15559990000',
      },
    ]);
  });

  it('is not told twice when it went by way of Recently Deleted', () => {
    expect(
      eventsOfDeletedRow(rowStateOf(anInbound({ isRecentlyDeleted: true })), messageGuid('G'), rowId(11)),
    ).toEqual([]);
  });
});

describe('what the store keeps of a row', () => {
  it('holds no text', () => {
    expect(encodeRowState(rowStateOf(aMessage({ text: 'a very private sentence' })))).not.toContain(
      'private',
    );
  });
});
