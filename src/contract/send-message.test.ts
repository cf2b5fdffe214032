import { describe, expect, it } from 'vitest';
import { sendMessageBody } from './send-message.ts';
import { MAX_TEXT_BYTES, textProblem } from './text-rules.ts';

describe('textProblem', () => {
  it.each([
    'hello',
    'a\nb\tc',
    '👍🏽',
    '-e "quoted" \\ $HOME',
    '\uF8FF',
    '한글',
    ' . ',
    'x'.repeat(MAX_TEXT_BYTES),
  ])('lets %j through', (text) => {
    expect(textProblem(text)).toBeNull();
  });

  it.each([
    ['', 'visible'],
    ['   \n\t', 'visible'],
    ['\u200B\u200D\uFE0F', 'visible'],
    ['\u3164', 'visible'],
    ['\uFFFC', 'visible'],
    ['a\0b', 'NUL'],
    ['a\uD83D', 'surrogate'],
    ['x'.repeat(MAX_TEXT_BYTES + 1), 'bytes'],
    ['é'.repeat(MAX_TEXT_BYTES / 2 + 1), 'bytes'],
  ])('refuses %j', (text, why) => {
    expect(textProblem(text)).toContain(why);
  });
});

describe('sendMessageBody', () => {
  const body = { to: '+15551234567', text: 'hello' };

  it('takes what is documented', () => {
    const full = {
      ...body,
      from: 'ln_0123456789abcdef01234567',
      client_message_id: 'order 42',
      expires_at: 1_800_000_000_000,
      not_before: 1_790_000_000_000,
      after_reply: true,
      attachments: ['file_1'],
      service: 'auto',
      fallback: 'sms',
      format: 'markdown',
      degrade: true,
      metadata: { order: '42' },
    };
    expect(sendMessageBody.parse(full)).toEqual(full);
    expect(sendMessageBody.parse(body)).toEqual(body);
  });

  it.each([
    ['no recipient', { text: 'hello' }],
    ['no text', { to: '+15551234567' }],
    ['a field that does not exist', { ...body, colour: 'blue' }],
    ['eleven attachments', { ...body, attachments: Array.from({ length: 11 }, () => 'file_1') }],
    ['neither text nor attachment', { to: '+15551234567', attachments: [] }],
    ['a fallback from a service that was chosen', { ...body, service: 'imessage', fallback: 'sms' }],
    ['a service that does not exist', { ...body, service: 'fax' }],
    ['metadata that is no text', { ...body, metadata: { order: 42 } }],
    [
      'too much metadata',
      { ...body, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ''])) },
    ],
    [
      'long metadata',
      {
        ...body,
        metadata: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`k${i}`, 'x'.repeat(1_000)])),
      },
    ],
    ['a text that is no string', { ...body, text: 5 }],
    ['a client_message_id with a line break', { ...body, client_message_id: 'a\nb' }],
    ['an empty client_message_id', { ...body, client_message_id: '' }],
    ['a client_message_id that is too long', { ...body, client_message_id: 'x'.repeat(256) }],
    ['an expiry that is no integer', { ...body, expires_at: 1.5 }],
    ['a sender that is no line', { ...body, from: 'me' }],
    ['a list', [body]],
    ['nothing', undefined],
  ])('refuses %s', (_name, value) => {
    expect(sendMessageBody.safeParse(value).success).toBe(false);
  });
});
