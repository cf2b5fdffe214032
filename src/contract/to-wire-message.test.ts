import { describe, expect, it } from 'vitest';
import { commandId, instant, messageGuid, type Delivery } from '../domain/index.ts';
import { fileId, messageId } from './ids.ts';
import { messageSchema } from './message.ts';
import { inboundText } from './sample-rows.ts';
import { createMessageMapper, toWireMessage } from './to-wire-message.ts';
import { anAttachment } from '../../test/support/message.ts';

const extra = { origin: null, syncedAt: instant(1_700_000_000_500) };
const ours = { ...inboundText, isFromMe: true, sender: null };

describe('toWireMessage', () => {
  it('has every field that Messages.dev clients demand', () => {
    const wire = toWireMessage(inboundText, extra);
    expect(messageSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({
      guid: inboundText.guid,
      sender: '+15550001111',
      line_handle: '+15559990000',
      text: 'Is the table free at eight?',
      attachments: [],
      is_from_me: false,
      state: 'received',
      kind: 'text',
      sent_at: 1_700_000_000_000,
      synced_at: 1_700_000_000_500,
    });
    expect(wire.origin).toBeUndefined();
  });

  it.each<[string, Partial<Delivery>]>([
    ['created', {}],
    ['sent', { isSent: true }],
    ['failed', { error: 22 }],
    ['failed', { error: 22, isSent: true }],
    ['delivered', { isSent: true, isDelivered: true, error: 22 }],
    ['read', { isRead: true }],
  ])('says %s for a row of ours that says %j', (state, delivery) => {
    const wire = toWireMessage({ ...ours, delivery: { ...ours.delivery, ...delivery } }, extra);
    expect(wire.state).toBe(state);
    expect(wire.sender).toBe('+15559990000');
  });

  it("gives Apple's error with its words", () => {
    const wire = toWireMessage({ ...ours, delivery: { ...ours.delivery, error: 22 } }, extra);
    expect(wire.error).toMatchObject({ code: 22, message: expect.stringContaining('not reachable') });
  });

  it('tells a text of the bridge from one of a person', () => {
    const id = commandId('obx_1');
    expect(toWireMessage(ours, { ...extra, origin: { by: 'bridge', command: id } })).toMatchObject({
      origin: 'bridge',
      outbox_id: 'obx_1',
    });
    expect(toWireMessage(ours, { ...extra, origin: { by: 'device' } }).outbox_id).toBeUndefined();
  });

  it('uses words of its own where the row names no chat, line or sender', () => {
    const wire = toWireMessage({ ...inboundText, chat: null, line: null, sender: null }, extra);
    expect(messageSchema.safeParse(wire).success).toBe(true);
    expect(wire).toMatchObject({
      chat_id: 'cht_unknown',
      chat_resolved: 'none',
      line_id: 'ln_unknown',
      line_handle: 'unknown',
      sender: 'unknown',
    });
  });

  it('shows the body piece by piece, with what each stretch carries', () => {
    const run = {
      start: 0,
      length: 3,
      styles: ['bold'],
      effect: 'ripple',
      mention: null,
      link: 'tel:+15550001111',
      oneTimeCode: null,
      detected: { type: 'money', text: null },
    } as const;
    const wire = toWireMessage(
      {
        ...inboundText,
        parts: [
          { type: 'heading', index: null, text: 'Kim answered' },
          { type: 'text', index: 0, text: 'abc', runs: [run] },
          { type: 'unsent', index: 1 },
          { type: 'attachment', index: 2, guid: 'at_2', isEmoji: true, transcription: null },
          { type: 'app', index: 3 },
        ],
      },
      extra,
    );
    expect(messageSchema.parse(wire)).toEqual(wire);
    expect(wire.parts).toEqual([
      { type: 'heading', text: 'Kim answered' },
      {
        type: 'text',
        index: 0,
        text: 'abc',
        runs: [
          {
            start: 0,
            length: 3,
            styles: ['bold'],
            effect: 'ripple',
            link: 'tel:+15550001111',
            detected: { type: 'money' },
          },
        ],
      },
      { type: 'unsent', index: 1 },
      { type: 'attachment', index: 2, attachment_id: fileId('at_2'), guid: 'at_2', is_emoji: true },
      { type: 'app', index: 3 },
    ]);
  });

  it('shows all else that a row may tell', () => {
    const at = instant(1_700_000_100_000);
    const wire = toWireMessage(
      {
        ...inboundText,
        replyTo: { guid: messageGuid('ROOT'), part: 2, start: 109, length: 158 },
        effect: { type: 'bubble', name: 'slam' },
        history: [
          {
            part: 0,
            revisions: [
              { at, text: 'old' },
              { at, text: null },
            ],
          },
        ],
        translations: [{ part: 0, text: 'Hallo', language: 'de', sourceLanguage: null }],
        schedule: { dueAt: at, state: 2 },
        filtering: { isSpam: true, chat: 'category', action: 77 },
        delivery: { ...inboundText.delivery, wasDeliveredQuietly: true, didNotifyRecipient: true },
        isRecentlyDeleted: true,
        deletedAt: at,
        replayOf: messageGuid('TWIN'),
      },
      { ...extra, isLate: true },
    );
    expect(messageSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({
      reply: {
        guid: 'ROOT',
        message_id: messageId(messageGuid('ROOT')),
        part: 2,
        start: 109,
        length: 158,
      },
      reply_to_guid: 'ROOT',
      effect: { type: 'bubble', name: 'slam' },
      history: [{ part: 0, revisions: [{ at, text: 'old' }, { at }] }],
      translations: [{ part: 0, text: 'Hallo', language: 'de' }],
      scheduled: { due_at: at, state: 2 },
      filtering: { is_spam: true, chat: 'category', action: 77 },
      delivered_quietly: true,
      notified: true,
      is_recently_deleted: true,
      deleted_at: at,
      backfilled: true,
      replay_of: 'TWIN',
      late: true,
    });
  });

  it('shows a voice message with what is said in it', () => {
    const audio = {
      expiry: 'active',
      playedAt: null,
      transcription: 'call me',
      transcriptionStatus: 'stored',
    } as const;
    const wire = toWireMessage(
      { ...inboundText, audio, attachments: [anAttachment({ guid: 'V', isReady: false })] },
      extra,
    );
    expect(messageSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({
      is_audio_message: true,
      audio: { expiry: 'active', transcription: 'call me', transcription_status: 'stored' },
      attachments: [{ id: fileId('V'), ready: false, transcription: 'call me' }],
    });
    expect(wire.attachments[0]?.url).toBeUndefined();
  });

  it('says where a file that is there can be fetched', () => {
    const attachments = [anAttachment({ guid: 'P', stickerKind: 'genmoji', width: 20, height: 30 })];
    expect(toWireMessage({ ...inboundText, attachments }, extra).attachments).toMatchObject([
      { ready: true, url: `/v1/files/${fileId('P')}`, sticker_kind: 'genmoji', width: 20, height: 30 },
    ]);
  });

  it('gives the same by way of a mapper that remembers ids', () => {
    const map = createMessageMapper();
    for (const message of [inboundText, ours, inboundText, { ...inboundText, chat: null, line: null }]) {
      expect(map(message, extra)).toEqual(toWireMessage(message, extra));
    }
  });
});
