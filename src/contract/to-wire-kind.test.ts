import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { handle, instant, messageGuid, type AppContent, type MessageKind } from '../domain/index.ts';
import { messageId } from './ids.ts';
import { messageSchema } from './message.ts';
import { inboundText } from './sample-rows.ts';
import { toWireMessage } from './to-wire-message.ts';

const extra = { origin: null, syncedAt: instant(1_700_000_000_500) };
const target = messageGuid('T');
const targetId = messageId(target);
const NOTHING_SHOWN = {
  appName: null,
  text: null,
  url: null,
  caption: null,
  subcaption: null,
  secondarySubcaption: null,
  tertiarySubcaption: null,
  imageTitle: null,
  imageSubtitle: null,
  sessionId: null,
} as const;
const balloon = (content: AppContent): MessageKind => ({ kind: 'app', bundleId: 'com.example', content });
const group = (action: Extract<MessageKind, { kind: 'group_event' }>['action']): MessageKind => ({
  kind: 'group_event',
  action,
  subject: handle('+15550002222'),
  title: null,
});

const CASES: readonly (readonly [MessageKind, object])[] = [
  [{ kind: 'text' }, { kind: 'text' }],
  [
    { kind: 'reaction', action: 'add', reaction: 'emoji', emoji: '🎉', target, part: 0 },
    {
      kind: 'reaction',
      reaction: {
        action: 'add',
        type: 'emoji',
        emoji: '🎉',
        target_guid: 'T',
        target_message_id: targetId,
        part: 0,
      },
    },
  ],
  [
    { kind: 'sticker', target, part: null },
    { kind: 'sticker', sticker: { target_guid: 'T', target_message_id: targetId } },
  ],
  [
    { kind: 'group_event', action: 'renamed', subject: null, title: 'Crew' },
    { kind: 'group_event', group_event: { action: 'renamed', title: 'Crew' } },
  ],
  ...(
    [
      'participant_added',
      'participant_removed',
      'participant_left',
      'address_changed',
      'photo_changed',
      'photo_removed',
      'background_changed',
      'background_removed',
    ] as const
  ).map((action) => [group(action), { group_event: { action, subject: '+15550002222' } }] as const),
  [
    { kind: 'location_sharing', action: 'stopped', byOwner: true },
    { kind: 'location_sharing', location_sharing: { action: 'stopped', by_owner: true } },
  ],
  [{ kind: 'audio_kept' }, { kind: 'audio_kept' }],
  [{ kind: 'shareplay' }, { kind: 'shareplay' }],
  [
    balloon({
      type: 'link',
      url: 'https://a.example/',
      originalUrl: 'https://b.example/',
      title: 'A',
      summary: null,
      siteName: null,
    }),
    {
      kind: 'app',
      app_bundle_id: 'com.example',
      app: {
        type: 'link',
        bundle_id: 'com.example',
        url: 'https://a.example/',
        original_url: 'https://b.example/',
        title: 'A',
      },
    },
  ],
  [
    balloon({ type: 'app', app: 'apple_cash', ...NOTHING_SHOWN, text: '$5', secondarySubcaption: 'x' }),
    { app: { type: 'app', app: 'apple_cash', text: '$5', secondary_subcaption: 'x' } },
  ],
  ...(['digital_touch', 'handwriting', 'undecodable', 'missing'] as const).map(
    (type) => [balloon({ type }), { app: { type, bundle_id: 'com.example' } }] as const,
  ),
  [
    { kind: 'app_notice', bundleId: null, target: null },
    { kind: 'app_notice', app_notice: {} },
  ],
  [
    { kind: 'app_notice', bundleId: 'com.example', target },
    {
      kind: 'app_notice',
      app_bundle_id: 'com.example',
      app_notice: { target_guid: 'T', target_message_id: targetId },
    },
  ],
  [
    {
      kind: 'poll',
      poll: {
        action: 'created',
        poll: null,
        title: 'When?',
        options: [{ id: 'o1', text: 'Now', creator: null }],
      },
    },
    { kind: 'poll', poll: { action: 'created', title: 'When?', options: [{ id: 'o1', text: 'Now' }] } },
  ],
  [
    {
      kind: 'poll',
      poll: { action: 'voted', poll: target, votes: [{ option: 'o1', voter: handle('+15550002222') }] },
    },
    {
      poll: {
        action: 'voted',
        poll_guid: 'T',
        poll_message_id: targetId,
        votes: [{ option_id: 'o1', voter: '+15550002222' }],
      },
    },
  ],
  [
    { kind: 'unknown', itemType: 9, groupActionType: 1, associatedMessageType: 2 },
    { kind: 'unknown', codes: { item_type: 9, group_action_type: 1, associated_message_type: 2 } },
  ],
];

describe('the kinds of rows on the wire', () => {
  it.each(CASES)('shows what a row is: %j', (kind, expected) => {
    const wire: unknown = JSON.parse(JSON.stringify(toWireMessage({ ...inboundText, kind }, extra)));
    expect(messageSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject(expected);
  });

  it('are all tried here', () => {
    expect(new Set(CASES.map(([kind]) => kind.kind))).toEqual(new Set(messageSchema.shape.kind.options));
  });

  it('are described field by field', () => {
    const document: unknown = z.toJSONSchema(messageSchema);
    const bare: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (Array.isArray(schema)) {
        schema.forEach((item, index) => visit(item, `${path}[${index}]`));
        return;
      }
      if (typeof schema !== 'object' || schema === null) {
        return;
      }
      for (const [name, value] of Object.entries(schema)) {
        if (name === 'properties') {
          for (const [field, property] of Object.entries(Object(value))) {
            if (typeof Object(property).description !== 'string') {
              bare.push(`${path}.${field}`);
            }
          }
        }
        visit(value, name === 'properties' ? path : `${path}.${name}`);
      }
    };
    visit(document, 'Message');
    expect(JSON.stringify(document)).toContain('transcription_status');
    expect(bare).toEqual([]);
  });
});
