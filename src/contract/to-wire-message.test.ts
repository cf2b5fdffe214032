import { describe, expect, it } from 'vitest';
import { commandId, handle, instant, messageGuid, type Delivery, type MessageKind } from '../domain/index.ts';
import { messageSchema } from './message.ts';
import { inboundText } from './sample-rows.ts';
import { toWireMessage } from './to-wire-message.ts';

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

  it.each<[MessageKind, object]>([
    [
      {
        kind: 'reaction',
        action: 'add',
        reaction: 'emoji',
        emoji: '🎉',
        target: messageGuid('T'),
        part: 0,
      },
      {
        kind: 'reaction',
        reaction: { action: 'add', type: 'emoji', emoji: '🎉', target_guid: 'T', part: 0 },
      },
    ],
    [
      { kind: 'group_event', action: 'renamed', subject: null, title: 'Crew' },
      { kind: 'group_event', group_event: { action: 'renamed', title: 'Crew' } },
    ],
    [
      { kind: 'group_event', action: 'participant_added', subject: handle('+15550002222'), title: null },
      { kind: 'group_event', group_event: { action: 'participant_added', subject: '+15550002222' } },
    ],
    [
      { kind: 'app', bundleId: 'com.example' },
      { kind: 'app', app_bundle_id: 'com.example' },
    ],
    [
      { kind: 'unknown', itemType: 9, groupActionType: 1, associatedMessageType: 2 },
      { kind: 'unknown', codes: { item_type: 9, group_action_type: 1, associated_message_type: 2 } },
    ],
  ])('shows what a row is: %j', (kind, expected) => {
    const wire = toWireMessage({ ...inboundText, kind }, extra);
    expect(messageSchema.safeParse(wire).success).toBe(true);
    expect(wire).toMatchObject(expected);
  });
});
