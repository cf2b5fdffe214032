import { describe, expect, it } from 'vitest';
import { anAttachment } from '../../test/support/message.ts';
import {
  chatRef,
  handle,
  instant,
  messageGuid,
  rowId,
  sequence,
  type BridgeEvent,
  type Chat,
  type Reaction,
} from '../domain/index.ts';
import { ERASED, EVENT_TYPES, eventSchema } from './event.ts';
import { lineId, messageId, reactionId, UNKNOWN_LINE_ID } from './ids.ts';
import { inboundText, queuedCommand } from './sample-rows.ts';
import { envelope, toWireEvent } from './to-wire-event.ts';
import { API_VERSION } from './version.ts';

const message = inboundText;
const by = { origin: null, isLate: false };
const group = chatRef('group', 'chat42');
const chat: Chat = {
  ...group,
  guid: 'any;+;chat42',
  service: 'iMessage',
  displayName: 'Crew',
  participants: [handle('+15550001111')],
  lastMessageAt: null,
  line: null,
};
const reaction: Reaction = {
  guid: messageGuid('R'),
  target: messageGuid('T'),
  part: 1,
  type: 'emoji',
  emoji: '🎉',
  chat: group,
  sender: null,
  isFromMe: true,
  line: handle('+15559990000'),
  sentAt: instant(1_700_000_000_000),
  added: true,
};
const attachment = anAttachment({ guid: 'A', filename: 'menu.pdf' });

const everyEvent: readonly BridgeEvent[] = [
  { type: 'message.received', message, ...by },
  { type: 'message.created', message, origin: { by: 'device' }, isLate: false },
  { type: 'message.sent', message, ...by },
  { type: 'message.delivered', message, ...by },
  { type: 'message.read', message, ...by, reader: 'self' },
  { type: 'message.failed', message, ...by },
  { type: 'message.edited', message, ...by },
  { type: 'message.unsent', message, ...by },
  { type: 'message.updated', message, ...by },
  { type: 'message.deleted', guid: message.guid, rowId: rowId(7), chat: null, line: null },
  { type: 'reaction.added', reaction },
  { type: 'reaction.removed', reaction: { ...reaction, added: false } },
  {
    type: 'attachment.ready',
    message: { ...message, attachments: [attachment] },
    attachmentGuid: 'A',
    origin: null,
  },
  { type: 'chat.created', chat },
  { type: 'chat.updated', chat: group, change: 'renamed', displayName: 'Crew', message },
  {
    type: 'chat.updated',
    chat: group,
    change: 'address_changed',
    displayName: null,
    message: {
      ...message,
      kind: {
        kind: 'group_event',
        action: 'address_changed',
        subject: handle('+15550002222'),
        title: null,
      },
    },
  },
  { type: 'participant.added', chat: group, handle: handle('+15550002222'), message },
  { type: 'participant.removed', chat: group, handle: null, message },
  { type: 'command.updated', command: queuedCommand },
  {
    type: 'line.state_changed',
    line: handle('+15559990000'),
    state: 'flagged',
    previous: 'active',
    reason: 'throttled',
    reportAt: instant(1_700_000_000_000),
  },
  {
    type: 'line.reputation_changed',
    line: null,
    reputation: 'at_risk',
    previous: 'healthy',
    signals: ['error_ratio'],
  },
  {
    type: 'line.limit_reached',
    line: handle('+15559990000'),
    rule: 'reach_out_limit',
    used: 140,
    limit: 200,
    percent: 70,
    windowSeconds: 86_400,
  },
  {
    type: 'contact.opted_out',
    line: null,
    chat: group,
    handle: handle('+15550001111'),
    message: messageGuid('STOP'),
  },
  { type: 'webhook.disabled', webhook: 'whk_1', reason: 'failing', failingSince: instant(1_700_000_000_000) },
  { type: 'bridge.started', version: '0.1.0' },
  { type: 'bridge.health_changed', status: 'unhealthy', codes: ['messages_not_running'] },
  { type: 'bridge.gap', reason: 'database_replaced', lastRowId: rowId(9), since: null },
];

function wire(event: BridgeEvent) {
  const syncedAt = instant(1_700_000_000_500);
  return envelope({
    id: 'evt_1',
    sequence: sequence(42),
    at: syncedAt,
    bridgeId: 'mini-1',
    ...toWireEvent(event, { syncedAt }),
  });
}

describe('toWireEvent', () => {
  it('has a sample of every type here', () => {
    // An erased event is made out of another, and never appended.
    const appended = EVENT_TYPES.filter((type) => type !== ERASED);
    expect(new Set(everyEvent.map((event) => event.type))).toEqual(new Set(appended));
  });

  it.each(everyEvent.map((event) => [event.type, event] as const))(
    'makes %s such that the schema reads it back without loss',
    (_type, event) => {
      const written: unknown = JSON.parse(JSON.stringify(wire(event)));
      expect(eventSchema.parse(written)).toEqual(written);
    },
  );

  it('puts the event on its line; only what concerns the bridge itself has none', () => {
    expect(wire({ type: 'message.received', message, ...by }).line_id).toBe(lineId(handle('+15559990000')));
    expect(wire({ type: 'chat.created', chat }).line_id).toBe(UNKNOWN_LINE_ID);
    expect(wire({ type: 'bridge.started', version: '1' }).line_id).toBeNull();
  });

  it('gives a reaction the emoji itself as its type, and the message that it was put on', () => {
    expect(wire({ type: 'reaction.added', reaction }).data).toMatchObject({
      id: reactionId(messageGuid('R')),
      type: '🎉',
      message_id: messageId(messageGuid('T')),
      message_guid: 'T',
      sender: '+15559990000',
    });
  });

  it('names the member whose address changed', () => {
    const changed = everyEvent.find((event) => event.type === 'chat.updated' && event.change !== 'renamed');
    expect(changed === undefined ? null : wire(changed).data).toMatchObject({
      change: 'address_changed',
      handle: '+15550002222',
    });
  });

  it('says of a new row that it came late, and of a replay which row it repeats', () => {
    const late = wire({ type: 'message.received', message, origin: null, isLate: true });
    expect(late.data).toMatchObject({ late: true });
    const twin = { ...message, replayOf: messageGuid('OLD') };
    expect(wire({ type: 'message.received', message: twin, ...by }).data).toMatchObject({
      backfilled: true,
      replay_of: 'OLD',
    });
    expect(wire({ type: 'message.received', message, ...by }).data).not.toHaveProperty('backfilled', true);
  });

  it('says in the envelope which, when, where and in what version', () => {
    expect(wire({ type: 'bridge.started', version: '1' })).toMatchObject({
      id: 'evt_1',
      sequence: 42,
      timestamp: '2023-11-14T22:13:20.500Z',
      bridge_id: 'mini-1',
      api_version: API_VERSION,
    });
  });
});
