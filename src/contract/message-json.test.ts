import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatRef, commandId, handle, instant, messageGuid, type Message } from '../domain/index.ts';
import { anAttachment, aMessage, UNSENT } from '../../test/support/message.ts';
import { createMessageEncoder } from './message-json.ts';
import { toWireMessage, type MessageContext } from './to-wire-message.ts';

/** Any UTF-16, lone surrogates and control characters among it. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\u2028', '\uD800', '\u0000'),
);
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const moment = fc.integer({ min: 0, max: 2 ** 42 }).map((ms) => instant(ms));
const someHandle = fc.constantFrom(handle('+15550001001'), handle('sam@example.com'), handle('"odd"\n'));

/** What nearly every message is made of. */
const plain: fc.Arbitrary<Partial<Message>> = fc
  .record({
    guid: text.map((guid) => messageGuid(guid)),
    chat: maybe(fc.constantFrom(chatRef('direct', '+15550001001'), chatRef('group', 'chat1'))),
    chatResolved: fc.constantFrom('join' as const, 'handle' as const),
    line: maybe(someHandle),
    isFromMe: fc.boolean(),
    sender: maybe(someHandle),
    service: text,
    text,
    index: maybe(fc.nat()),
    isOwnText: fc.boolean(),
    bodyStatus: fc.constantFrom('none', 'text', 'decoded', 'salvaged', 'undecodable' as const),
    sentAt: moment,
    delivery: fc.record({
      isSent: fc.boolean(),
      isDelivered: fc.boolean(),
      isRead: fc.boolean(),
      deliveredAt: maybe(moment),
      readAt: maybe(moment),
      error: fc.constant(0),
      wasDowngraded: fc.boolean(),
      wasDeliveredQuietly: fc.boolean(),
      didNotifyRecipient: fc.boolean(),
    }),
    revisions: fc.nat(),
    isUnsent: fc.boolean(),
    isRecentlyDeleted: fc.boolean(),
    filtering: fc.record({
      isSpam: fc.boolean(),
      chat: fc.constantFrom('known', 'unknown_sender', 'spam', 'category' as const),
      action: fc.oneof(fc.constantFrom('none' as const, 'junk' as const), fc.integer()),
    }),
  })
  .map(({ index, isOwnText, ...fields }) => ({
    ...fields,
    parts: [{ type: 'text', index, text: isOwnText ? fields.text : `${fields.text}.`, runs: [] }],
  }));

const RUN = {
  start: 0,
  length: 1,
  styles: [],
  effect: null,
  mention: null,
  link: 'https://example.com',
  oneTimeCode: null,
  detected: null,
} as const;

/** Each makes a message more than a plain text. */
const MORE: readonly Partial<Message>[] = [
  { kind: { kind: 'audio_kept' } },
  { text: null },
  { subject: 'a subject' },
  { parts: [] },
  { parts: [{ type: 'text', index: 0, text: 'a', runs: [RUN] }] },
  { parts: [{ type: 'heading', index: 0, text: 'a' }] },
  {
    parts: [
      { type: 'text', index: 0, text: 'a', runs: [] },
      { type: 'unsent', index: 1 },
    ],
  },
  { attachments: [anAttachment()] },
  { audio: { expiry: 'none', playedAt: null, transcription: null, transcriptionStatus: 'none' } },
  { translations: [{ part: 0, text: 'b', language: 'de', sourceLanguage: null }] },
  { replyTo: { guid: messageGuid('R'), part: 0, start: null, length: null } },
  { effect: { type: 'screen', name: 'echo' } },
  { delivery: { ...UNSENT, error: 22 } },
  { editedAt: instant(5) },
  { history: [{ part: 0, revisions: [{ at: instant(1), text: 'a' }] }] },
  { unsentParts: [1] },
  { deletedAt: instant(6) },
  { schedule: { dueAt: instant(9), state: 2 } },
  { replayOf: messageGuid('first') },
];

const context: fc.Arbitrary<MessageContext> = fc.record(
  {
    origin: fc.constantFrom(
      null,
      null,
      { by: 'device' as const },
      { by: 'bridge' as const, command: commandId('obx_1') },
    ),
    syncedAt: moment,
    isLate: fc.boolean(),
  },
  { requiredKeys: ['origin', 'syncedAt'] },
);

describe('createMessageEncoder', () => {
  const encode = createMessageEncoder();
  const general = (message: Message, extra: MessageContext) => JSON.stringify(toWireMessage(message, extra));

  it('writes what JSON.stringify writes of the wire message, whatever a plain text holds', () => {
    fc.assert(
      fc.property(plain, context, (fields, extra) => {
        const message = aMessage(fields);
        expect(encode(message, extra)).toBe(general(message, extra));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(MORE)('and of a message that is more than that: %j', (more) => {
    fc.assert(
      fc.property(plain, context, (fields, extra) => {
        const message = aMessage({ ...fields, ...more });
        expect(encode(message, extra)).toBe(general(message, extra));
      }),
      { numRuns: 50 },
    );
  });
});
