import { describe, expect, it } from 'vitest';
import { chatKey, instant, messageGuid, rowId, type CommandState } from '../domain/index.ts';
import { outboxItemSchema } from './outbox-item.ts';
import { queuedCommand } from './sample-rows.ts';
import { chatId, messageId } from './ids.ts';
import { toWireOutboxItem } from './to-wire-outbox-item.ts';

const since = instant(1_700_000_002_000);
const at = instant(1_700_000_003_000);
const watermark = rowId(7);
const failure = { code: 'message_failed', message: 'It failed.', apple: 22 } as const;

describe('toWireOutboxItem', () => {
  it.each<[CommandState, string, string | undefined, number | undefined]>([
    [{ name: 'queued' }, 'pending', undefined, undefined],
    [{ name: 'sending', since, watermark }, 'claimed', undefined, undefined],
    [{ name: 'dispatched', since, watermark }, 'claimed', undefined, undefined],
    [
      { name: 'unknown', since, watermark, cause: 'timed_out', final: false },
      'claimed',
      'outcome_unknown',
      undefined,
    ],
    [
      { name: 'unknown', since, watermark, cause: 'no_row', final: true },
      'claimed',
      'outcome_unknown',
      undefined,
    ],
    [{ name: 'sent', at }, 'sent', undefined, at],
    [{ name: 'delivered', at }, 'sent', undefined, at],
    [{ name: 'read', at }, 'sent', undefined, at],
    [{ name: 'failed', at, failure }, 'failed', 'message_failed', at],
    [{ name: 'expired', at }, 'failed', 'expired', at],
  ])('shows %j as %s', (state, status, error, completedAt) => {
    const wire = toWireOutboxItem({ ...queuedCommand, state }, 'req_1');
    expect(outboxItemSchema.parse(wire)).toEqual(wire);
    expect(wire).toMatchObject({ status, state: state.name, request_id: 'req_1' });
    expect(wire.error?.code).toBe(error);
    expect(wire.completed_at).toBe(completedAt);
  });

  it('names the chat that it goes to, and the row that proves it', () => {
    const guid = messageGuid('P');
    const chat = chatKey('group', 'chat42');
    const wire = toWireOutboxItem(
      { ...queuedCommand, target: { to: 'chat', chat }, proof: { guid, rowId: rowId(9) } },
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

  it('never shows the text', () => {
    expect(JSON.stringify(toWireOutboxItem(queuedCommand, 'req_1'))).not.toContain(queuedCommand.text);
  });
});
