import { describe, expect, it } from 'vitest';
import {
  chatKey,
  chatRef,
  instant,
  messageGuid,
  rowId,
  type CommandState,
  type Message,
} from '../domain/index.ts';
import { aCommand as command, aMessage as row, KIM } from '../../test/support/message.ts';
import { commandProvedBy, normaliseBody } from './match.ts';

const FOLLOW_UP = 900_000;

describe('commandProvedBy', () => {
  it('takes the oldest of two equal commands', () => {
    expect(commandProvedBy(row(), [command('a'), command('b')], FOLLOW_UP)?.id).toBe('a');
  });

  it('gives each row to one command only', () => {
    const first = command('a', { proof: { guid: messageGuid('X'), rowId: rowId(11) } });
    expect(commandProvedBy(row({ rowId: rowId(12) }), [first, command('b')], FOLLOW_UP)?.id).toBe('b');
  });

  it.each<[string, Partial<Message>]>([
    ['a row from before the send', { rowId: rowId(10) }],
    ['a row in another chat', { chat: chatRef('direct', '+15550002222') }],
    ['a group of the same name', { chat: chatRef('group', KIM) }],
    ['another text', { text: 'hello you' }],
    ['an old message that iCloud has inserted again', { rowId: rowId(99), sentAt: instant(-7 * 86_400_000) }],
    ['a row of the contact', { isFromMe: false }],
    ['a row without text', { text: null }],
    ['the replay of an old row', { replayOf: messageGuid('OLD') }],
    [
      'a tapback whose words are the same',
      {
        kind: {
          kind: 'reaction',
          action: 'add',
          reaction: 'love',
          emoji: null,
          target: messageGuid('T'),
          part: 0,
        },
      },
    ],
    ['a line that an app wrote', { kind: { kind: 'app_notice', bundleId: null, target: null } }],
  ])('is not convinced by %s', (_, fields) => {
    expect(commandProvedBy(row(fields), [command('a')], FOLLOW_UP)).toBeNull();
  });

  it.each<CommandState>([
    { name: 'queued' },
    { name: 'sent', at: instant(0) },
    { name: 'failed', at: instant(0), failure: { code: 'send_rejected', message: '', apple: null } },
  ])('matches nothing that is $name', (state) => {
    expect(commandProvedBy(row(), [command('a', { state })], FOLLOW_UP)).toBeNull();
  });

  it('matches a command that is already unknown', () => {
    const state: CommandState = {
      name: 'unknown',
      since: instant(0),
      watermark: rowId(10),
      cause: 'no_row',
      final: false,
    };
    expect(commandProvedBy(row(), [command('a', { state })], FOLLOW_UP)?.id).toBe('a');
  });

  it('matches a chat target by its key', () => {
    const target = { to: 'chat', chat: chatKey('group', 'chat42') } as const;
    expect(
      commandProvedBy(row({ chat: chatRef('group', 'chat42') }), [command('a', { target })], FOLLOW_UP)?.id,
    ).toBe('a');
  });
});

describe('normaliseBody', () => {
  it.each([
    ['“It’s” ok', '"It\'s" ok'],
    ['cafe\u0301', 'café'],
    ['  a \n b ', 'a b'],
    ['❤️', '❤'],
  ])('treats %j as %j', (stored, sent) => {
    expect(normaliseBody(stored)).toBe(normaliseBody(sent));
  });
});
