import { describe, expect, it } from 'vitest';
import { aFile, anAttempt, aProof } from '../../test/support/message.ts';
import {
  chatKey,
  instant,
  messageGuid,
  settled,
  type Attempt,
  type Command,
  type Hold,
} from '../domain/index.ts';
import { chatId, messageId } from './ids.ts';
import { outboxItemSchema } from './outbox-item.ts';
import { queuedCommand } from './sample-rows.ts';
import { toWireOutboxItem } from './to-wire-outbox-item.ts';

const since = instant(1_700_000_002_000);
const at = instant(1_700_000_003_000);
const HIT = { rule: 'burst_limit', used: 30, limit: 30, windowSeconds: 60 };
const failure = { code: 'message_failed', message: 'It failed.', apple: 22 } as const;

const withAttempts = (attempts: readonly Attempt[], fields: Partial<Command> = {}): Command =>
  settled({
    ...queuedCommand,
    parts: [{ content: { kind: 'text', text: 'secret words' }, attempts, fallbackAt: null }],
    ...fields,
  });
const inState = (state: Attempt['state']) => withAttempts([anAttempt({ state })]);
const held = (hold: Hold) => settled({ ...queuedCommand, hold });

describe('toWireOutboxItem', () => {
  it.each<[Command, string, string, string | null, string | undefined]>([
    [queuedCommand, 'queued', 'pending', null, undefined],
    [held({ name: 'deferred', reason: 'not_before', until: at }), 'deferred', 'pending', null, undefined],
    [inState({ name: 'sending' }), 'sending', 'claimed', null, undefined],
    [inState({ name: 'dispatched' }), 'dispatched', 'claimed', null, undefined],
    [
      inState({ name: 'unknown', since, cause: 'timed_out', final: false }),
      'unknown',
      'claimed',
      'outcome_unknown',
      'may_have_completed',
    ],
    [
      inState({ name: 'unknown', since, cause: 'still_in_flight', final: true }),
      'unknown',
      'claimed',
      'outcome_unknown',
      'still_in_flight',
    ],
    [inState({ name: 'sent', at }), 'sent', 'sent', null, undefined],
    [inState({ name: 'delivered', at }), 'delivered', 'sent', null, undefined],
    [inState({ name: 'read', at }), 'read', 'sent', null, undefined],
    [inState({ name: 'failed', at, failure }), 'failed', 'failed', 'message_failed', undefined],
    [
      inState({ name: 'failed', at, failure: { ...failure, code: 'send_rejected' } }),
      'failed',
      'failed',
      'send_rejected',
      'not_started',
    ],
    [held({ name: 'expired', at }), 'expired', 'failed', 'expired', 'not_started'],
    [held({ name: 'canceled', at }), 'canceled', 'failed', 'canceled', 'not_started'],
    [
      held({
        name: 'refused',
        at,
        refusal: { code: 'daily_limit', message: 'Enough.', limit: HIT, retryAt: at },
      }),
      'refused',
      'failed',
      'daily_limit',
      'not_started',
    ],
  ])('shows %# as the words of the wire', (command, state, status, error, disposition) => {
    const wire = toWireOutboxItem(command, 'req_1');
    expect(outboxItemSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({ status, state, error, request_id: 'req_1' });
    expect(wire.error_detail?.code).toBe(error ?? undefined);
    expect(wire.error_detail?.disposition).toBe(disposition);
    expect(wire.completed_at).toBe(status === 'sent' || status === 'failed' ? at : undefined);
  });

  it('names the chat that it goes to, and the row that proves it', () => {
    const guid = messageGuid('P');
    const chat = chatKey('group', 'chat42');
    const wire = toWireOutboxItem(
      withAttempts([anAttempt({ proof: aProof('P') })], { target: { to: 'chat', chat } }),
      'req_1',
    );
    expect(wire).toMatchObject({
      to: chatId(chat),
      chat_id: chatId(chat),
      guid,
      message_id: messageId(guid),
    });
    expect(toWireOutboxItem(queuedCommand, 'req_1')).toMatchObject({
      to: '+15550001111',
      chat_id: chatId(chatKey('direct', '+15550001111')),
    });
  });

  it('shows each part with its state, and each attempt with its service', () => {
    const wire = toWireOutboxItem(
      settled({
        ...queuedCommand,
        fallback: { service: 'SMS', afterMs: 1 },
        metadata: { order: '7' },
        parts: [
          {
            content: { kind: 'text', text: 'secret words' },
            fallbackAt: null,
            attempts: [
              anAttempt({ state: { name: 'delivered', at }, proof: aProof('A') }),
              anAttempt({
                service: 'SMS',
                state: { name: 'sent', at },
                proof: { ...aProof('B'), service: 'SMS' },
              }),
            ],
          },
          { content: aFile('cat.png'), attempts: [], fallbackAt: null },
        ],
      }),
      'req_1',
    );
    expect(outboxItemSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({
      state: 'queued',
      fallback: 'sms',
      metadata: { order: '7' },
      delivered_twice_possible: true,
      parts: [
        { type: 'text', state: 'delivered' },
        { type: 'file', state: 'queued', filename: 'cat.png', file_id: 'file_cat.png' },
      ],
      attempts: [
        { part: 0, service: 'imessage', state: 'delivered', guid: 'A', downgraded: false },
        { part: 0, service: 'sms', state: 'sent', guid: 'B' },
      ],
    });
  });

  it('names the other chat of what may have gone there', () => {
    const chat = chatKey('group', 'chat9');
    const wire = toWireOutboxItem(
      withAttempts([
        anAttempt({
          state: { name: 'unknown', since, cause: 'no_row', final: false },
          elsewhere: { chat, guid: messageGuid('E') },
        }),
      ]),
      'req_1',
    );
    expect(wire.error_detail?.other_chat_id).toBe(chatId(chat));
  });

  it('tells why it waits', () => {
    const wire = toWireOutboxItem(
      held({ name: 'deferred', reason: 'limit', until: at, limit: HIT }),
      'req_1',
    );
    expect(wire.not_before).toBe(at);
    expect(wire.limit).toEqual({ rule: 'burst_limit', used: 30, limit: 30, window_seconds: 60 });
    const hold = { name: 'deferred', reason: 'after_reply', until: null } as const;
    expect(toWireOutboxItem(settled({ ...queuedCommand, hold, acceptedWith: hold }), 'r').after_reply).toBe(
      true,
    );
  });

  it('never shows the text, nor where a file lies', () => {
    const wire = JSON.stringify([
      toWireOutboxItem(inState({ name: 'sending' }), 'req_1'),
      toWireOutboxItem(
        settled({ ...queuedCommand, parts: [{ content: aFile('cat.png'), attempts: [], fallbackAt: null }] }),
        'req_1',
      ),
    ]);
    expect(wire).not.toContain('secret words');
    expect(wire).not.toContain('/staged');
  });
});
