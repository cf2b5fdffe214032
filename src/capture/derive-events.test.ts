import { describe, expect, it } from 'vitest';
import { aMessage, anAttachment, anInbound, UNSENT } from '../../test/support/message.ts';
import {
  chatRef,
  commandId,
  handle,
  instant,
  messageGuid,
  rowId,
  type AppContent,
  type Delivery,
  type Message,
  type MessageKind,
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

const photo = (isReady: boolean) => anAttachment({ isReady, transferState: isReady ? 5 : 3 });

/** The events of a row that was first seen a second after its date. */
const ofNew = (message: Message, origin: Origin | null) =>
  eventsOfNewRow(message, origin, instant(message.sentAt + 1_000));

const VOICE = { expiry: 'active', playedAt: null, transcription: null, transcriptionStatus: 'none' } as const;
const preview = (content: AppContent): MessageKind => ({ kind: 'app', bundleId: 'url', content });

describe('a new row', () => {
  it('of a contact is received', () => {
    expect(types(ofNew(anInbound(), null))).toEqual(['message.received']);
  });

  it('of a contact that the owner has read elsewhere is received and read', () => {
    const events = ofNew(anInbound({ delivery: delivery({ isRead: true }) }), null);
    expect(events).toMatchObject([{ type: 'message.received' }, { type: 'message.read', reader: 'self' }]);
  });

  it('of ours is created while unsent, and says whose doing it was', () => {
    const origin: Origin = { by: 'bridge', command: commandId('obx_1') };
    expect(ofNew(aMessage(), origin)).toMatchObject([{ type: 'message.created', origin }]);
  });

  it('of ours that is first seen delivered tells both steps', () => {
    const events = ofNew(aMessage({ delivery: delivery({ isSent: true, isDelivered: true }) }), DEVICE);
    expect(types(events)).toEqual(['message.sent', 'message.delivered']);
  });

  it('of ours that is first seen failed is failed, not sent', () => {
    expect(types(ofNew(aMessage({ delivery: delivery({ error: 22 }) }), DEVICE))).toEqual(['message.failed']);
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
    expect(ofNew(anInbound({ kind }), null)).toMatchObject([
      { type: 'reaction.removed', reaction: { target: 'T', added: false } },
    ]);
  });

  it.each([
    ['participant_added', 'participant.added'],
    ['participant_removed', 'participant.removed'],
    ['renamed', 'chat.updated'],
    ['photo_changed', 'chat.updated'],
    ['photo_removed', 'chat.updated'],
    ['background_changed', 'chat.updated'],
    ['background_removed', 'chat.updated'],
    ['address_changed', 'chat.updated'],
    ['participant_left', 'participant.removed'],
  ] as const)('that says %s is %s', (action, type) => {
    const kind = { kind: 'group_event', action, subject: handle('+15550002222'), title: 'Team' } as const;
    expect(types(ofNew(anInbound({ kind }), null))).toEqual([type]);
  });

  it('of one who leaves names the leaver, who is its sender', () => {
    const kind = { kind: 'group_event', action: 'participant_left', subject: null, title: null } as const;
    expect(ofNew(anInbound({ kind }), null)).toMatchObject([{ handle: '+15550001111' }]);
    expect(ofNew(aMessage({ kind }), DEVICE)).toMatchObject([{ handle: '+15559990000' }]);
  });

  it.each<MessageKind>([
    { kind: 'sticker', target: messageGuid('T'), part: 0 },
    { kind: 'location_sharing', action: 'started', byOwner: false },
    { kind: 'audio_kept' },
    { kind: 'shareplay' },
    preview({ type: 'missing' }),
    { kind: 'app_notice', bundleId: null, target: null },
    { kind: 'poll', poll: { action: 'created', poll: null, title: null, options: [] } },
  ])('that is $kind is told like a text', (kind) => {
    expect(types(ofNew(anInbound({ kind }), null))).toEqual(['message.received']);
    expect(types(ofNew(aMessage({ kind }), DEVICE))).toEqual(['message.created']);
  });

  it.each([
    [15 * 60_000, null, false],
    [15 * 60_000 + 1, null, true],
    [86_400_000, messageGuid('TWIN'), false],
    [-3_600_000, null, false],
  ])('seen %i ms after its date, twin %s: late is %s', (age, replayOf, isLate) => {
    const sentAt = instant(1_700_000_000_000);
    const seenAt = instant(sentAt + age);
    for (const row of [anInbound({ sentAt, replayOf }), aMessage({ sentAt, replayOf })]) {
      expect(eventsOfNewRow(row, null, seenAt)).toMatchObject([{ isLate, message: { replayOf } }]);
    }
  });

  it('that is first seen taken back, or in Recently Deleted, is told and then told to be gone', () => {
    const gone = anInbound({ isUnsent: true, isRecentlyDeleted: true });
    expect(types(ofNew(anInbound({ isUnsent: true }), null))).toEqual(['message.received', 'message.unsent']);
    expect(types(ofNew(anInbound({ isRecentlyDeleted: true }), null))).toEqual([
      'message.received',
      'message.deleted',
    ]);
    expect(types(ofNew(gone, null))).toEqual(['message.received', 'message.unsent', 'message.deleted']);
    // What iCloud brings back is told as it is.
    expect(types(eventsOfNewRow(gone, null, instant(gone.sentAt + 3_600_000)))).toEqual(['message.received']);
  });

  it('of a kind that nobody knows is still told', () => {
    const kind = { kind: 'unknown', itemType: 99, groupActionType: 0, associatedMessageType: 0 } as const;
    expect(types(ofNew(anInbound({ kind }), null))).toEqual(['message.received']);
  });
});

/** Of part 0, a second apart. */
const history = (...texts: readonly string[]) => [
  { part: 0, revisions: texts.map((text, index) => ({ at: instant(1_000 * index), text })) },
];

describe('edits', () => {
  const edited = (...texts: readonly string[]) =>
    aMessage({
      text: `${texts.at(-1)} there`,
      parts: [
        { type: 'text', index: 0, text: texts.at(-1) ?? '', runs: [] },
        { type: 'text', index: 1, text: ' there', runs: [] },
      ],
      revisions: texts.length,
      editedAt: instant(1_000 * (texts.length - 1)),
      history: history(...texts),
    });

  it('made between two looks are told one by one, each with what the message said then', () => {
    const events = eventsOfChange(
      rowStateOf(edited('one', 'two')),
      edited('one', 'two', '$& three', 'four'),
      null,
    );
    expect(events).toMatchObject([
      { type: 'message.edited', message: edited('one', 'two', '$& three') },
      { type: 'message.edited', message: edited('one', 'two', '$& three', 'four') },
    ]);
  });

  it('of a row that is new are told after the row as it was sent', () => {
    const sent = { ...edited('one'), revisions: 0, history: [], editedAt: null };
    const events = eventsOfNewRow({ ...edited('one', 'two'), isFromMe: false }, null, instant(0));
    expect(events).toMatchObject([
      { type: 'message.received', message: { ...sent, isFromMe: false } },
      { type: 'message.edited', message: { text: 'two there' } },
    ]);
  });

  it('of several parts count each', () => {
    const both = aMessage({
      revisions: 2,
      history: [0, 1].map((part) => ({
        part,
        revisions: [
          { at: instant(0), text: 'a' },
          { at: instant(1_000 * (2 - part)), text: 'b' },
        ],
      })),
    });
    const events = eventsOfChange(rowStateOf(aMessage()), both, null);
    expect(events.map((event) => event.type)).toEqual(['message.edited', 'message.edited']);
    expect(events[0]).toMatchObject({ message: { history: [{ part: 1 }] } });
  });

  it('of a row that iCloud brought back are not news', () => {
    const row = { ...edited('one', 'two'), replayOf: messageGuid('TWIN') };
    expect(types(eventsOfNewRow(row, null, instant(0)))).toEqual(['message.created']);
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
    [
      'edited twice, and unsent',
      { text: 'a', revisions: 2, history: history('hello', 'a') },
      {
        text: null,
        revisions: 4,
        history: history('hello', 'a', 'b', 'c'),
        isUnsent: true,
        unsentParts: [0],
      },
      ['message.edited', 'message.edited', 'message.unsent'],
    ],
    ['unsent', {}, { text: null, isUnsent: true, unsentParts: [0] }, ['message.unsent']],
    ['unsent in part', {}, { unsentParts: [1] }, ['message.unsent']],
    ['given its body late', { text: null, bodyStatus: 'none' }, {}, ['message.updated']],
    ['given its chat late', { chatResolved: 'handle' }, {}, ['message.updated']],
    ['given an attachment late', {}, { attachments: [photo(false)] }, ['message.updated']],
    ['given its file', { attachments: [photo(false)] }, { attachments: [photo(true)] }, ['attachment.ready']],
    ['moved to Recently Deleted', {}, { isRecentlyDeleted: true }, ['message.deleted']],
    ['moved back', { isRecentlyDeleted: true }, {}, ['message.updated']],
    [
      'given its transcript late',
      { audio: VOICE },
      { audio: { ...VOICE, transcription: 'hello', transcriptionStatus: 'stored' } },
      ['message.updated'],
    ],
    [
      'about to lose its recording',
      { audio: VOICE },
      { audio: { ...VOICE, expiry: 'will_expire' } },
      ['message.updated'],
    ],
    [
      'given its link preview late',
      { kind: preview({ type: 'missing' }) },
      {
        kind: preview({
          type: 'link',
          url: 'https://a.example/',
          originalUrl: null,
          title: 'A',
          summary: null,
          siteName: null,
        }),
      },
      ['message.updated'],
    ],
    ['a text and is a preview now', {}, { kind: preview({ type: 'missing' }) }, ['message.updated']],
    [
      'translated',
      {},
      { translations: [{ part: 0, text: 'Hallo', language: 'de', sourceLanguage: null }] },
      ['message.updated'],
    ],
    [
      'scheduled and has left',
      { schedule: { dueAt: instant(5), state: 2 } },
      { schedule: { dueAt: instant(5), state: 3 } },
      ['message.updated'],
    ],
    [
      'filtered anew',
      {},
      { filtering: { isSpam: false, chat: 'spam', action: 'junk' } },
      ['message.updated'],
    ],
    [
      'edited and translated at once',
      {},
      {
        text: 'hello you',
        revisions: 2,
        translations: [{ part: 0, text: 'Hallo', language: null, sourceLanguage: null }],
      },
      ['message.edited'],
    ],
    ['robbed of its file', { attachments: [photo(true)] }, { attachments: [photo(false)] }, []],
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
  it('can be what an earlier version kept: nothing is told for what that did not watch', () => {
    const { additions: _, ...rest } = rowStateOf(aMessage({ attachments: [photo(true)] }));
    const old = (transferState: number) =>
      decodeRowState(JSON.stringify({ ...rest, attachments: { at_0: transferState } }));
    const now = aMessage({ attachments: [photo(true)] });
    expect(types(eventsOfChange(old(5), now, DEVICE))).toEqual([]);
    expect(types(eventsOfChange(old(3), now, DEVICE))).toEqual(['attachment.ready']);
  });

  it('holds no text', () => {
    expect(encodeRowState(rowStateOf(aMessage({ text: 'a very private sentence' })))).not.toContain(
      'private',
    );
  });
});
