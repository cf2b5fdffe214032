import { describe, expect, it } from 'vitest';
import {
  aCommand as command,
  aFile,
  aMessage as row,
  anAttachment,
  anAttempt,
  aProof,
  KIM,
} from '../../test/support/message.ts';
import {
  chatKey,
  chatRef,
  instant,
  messageGuid,
  rowId,
  type Attempt,
  type Command,
  type Message,
} from '../domain/index.ts';
import { attemptElsewhere, attemptProvedBy, normaliseBody, proofRow } from './match.ts';

const TIMING = { proofWindowMs: 8_000, followUpMs: 900_000, fileFollowUpMs: 1_800_000, fallbackMs: 60_000 };
const provedBy = (message: Message, commands: readonly Command[]) =>
  attemptProvedBy(message, commands, TIMING)?.command.id ?? null;
const inState = (state: Attempt['state'], fields: Partial<Attempt> = {}) =>
  command('a', { attempts: [anAttempt({ state, ...fields })] });
const GHOST: Partial<Message> = { text: null, bodyStatus: 'none', chatResolved: 'handle', parts: [] };
const withFile = (name: string, id = 'a') =>
  command(id, { parts: [{ content: aFile(name), attempts: [anAttempt()], fallbackAt: null }] });
const fileRow = (name: string, transferState = 3) =>
  row({ text: null, attachments: [anAttachment({ filename: name, transferState })] });

describe('attemptProvedBy', () => {
  it('takes the oldest of two equal commands', () => {
    expect(provedBy(row(), [command('a'), command('b')])).toBe('a');
  });

  it('gives each row to one command only', () => {
    const first = command('a', { attempts: [anAttempt({ proof: aProof('X') })] });
    expect(provedBy(row({ rowId: rowId(12) }), [first, command('b')])).toBe('b');
  });

  it.each<[string, Partial<Message>]>([
    ['a row from before the send', { rowId: rowId(10) }],
    ['a row in another chat', { chat: chatRef('direct', '+15550002222') }],
    ['a group of the same name', { chat: chatRef('group', KIM) }],
    ['another text', { text: 'hello you' }],
    ['an old message that iCloud has inserted again', { rowId: rowId(99), sentAt: instant(-7 * 86_400_000) }],
    ['a row of the contact', { isFromMe: false }],
    ['a row without text in its chat', { text: null }],
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
    ['a ghost of somebody else', { ...GHOST, chat: chatRef('direct', '+15550002222') }],
    ['a row without text that has a file', { ...GHOST, attachments: [anAttachment()] }],
    ['a body that cannot be decoded', { ...GHOST, bodyStatus: 'undecodable' }],
  ])('is not convinced by %s', (_, fields) => {
    expect(provedBy(row(fields), [command('a')])).toBeNull();
  });

  it.each<[string, Command]>([
    ['queued', command('a', { attempts: [] })],
    ['sent', inState({ name: 'sent', at: instant(0) }, { proof: aProof('X') })],
    [
      'refused by the script',
      inState({
        name: 'failed',
        at: instant(0),
        failure: { code: 'send_rejected', message: '', apple: null },
      }),
    ],
    [
      'unknown, its follow-up over before the row was made',
      inState({ name: 'unknown', since: instant(-1_000_000), cause: 'no_row', final: true }),
    ],
  ])('matches nothing that is %s', (_, one) => {
    expect(provedBy(row(), [one])).toBeNull();
  });

  it('matches a command that is already unknown, for good or not', () => {
    for (const final of [false, true]) {
      expect(provedBy(row(), [inState({ name: 'unknown', since: instant(0), cause: 'no_row', final })])).toBe(
        'a',
      );
    }
  });

  it('gives a row to what a person has decided about only where nothing else waits for it', () => {
    const decided = inState(
      { name: 'failed', at: instant(0), failure: { code: 'not_sent', message: '', apple: null } },
      { resolvedAs: 'not_sent' },
    );
    expect(provedBy(row(), [decided, command('b')])).toBe('b');
    expect(provedBy(row(), [decided])).toBe('a');
  });

  it('matches a chat target by its key', () => {
    const target = { to: 'chat', chat: chatKey('group', 'chat42') } as const;
    expect(provedBy(row({ chat: chatRef('group', 'chat42') }), [command('a', { target })])).toBe('a');
  });

  it('knows a file by its name', () => {
    expect(provedBy(fileRow('a.png'), [withFile('b.png', 'b'), withFile('a.png')])).toBe('a');
    expect(provedBy(fileRow('u\u0308.png'), [withFile('ü.png')])).toBe('a');
    expect(provedBy(fileRow('a.png'), [command('b')])).toBeNull();
    expect(provedBy(row(), [withFile('hello')])).toBeNull();
  });

  it('knows a ghost by whom it is addressed to', () => {
    const target = { to: 'chat', chat: chatKey('group', 'chat42') } as const;
    const ghost = row({ ...GHOST, chat: chatRef('group', 'chat42') });
    expect(provedBy(ghost, [command('a'), command('b', { target })])).toBe('b');
    expect(
      proofRow(ghost, command('b').parts[0] ?? { content: aFile('x'), attempts: [], fallbackAt: null })
        .isGhost,
    ).toBe(true);
  });
});

describe('a ghost where several may be meant', () => {
  const startedAt = (ms: number, fields: Partial<Attempt> = {}) => ({
    attempts: [anAttempt({ startedAt: instant(ms), ...fields })],
  });
  const unknown = {
    state: { name: 'unknown', since: instant(9_000), cause: 'timed_out', final: false },
  } as const;
  const ghostAt = (ms: number) => row({ ...GHOST, rowId: rowId(30), sentAt: instant(ms) });

  it('is of the one whose script was started last before it', () => {
    const waiting = [command('a', startedAt(1_000, unknown)), command('b', startedAt(9_000))];
    expect(provedBy(ghostAt(9_100), waiting)).toBe('b');
    expect(provedBy(ghostAt(8_900), waiting)).toBe('a');
  });

  it('is not of one that began later, ended long before, or has its row', () => {
    expect(provedBy(ghostAt(999), [command('a', startedAt(1_000))])).toBeNull();
    expect(provedBy(ghostAt(60_000), [command('a', startedAt(1_000))])).toBeNull();
    const proved = command('b', startedAt(9_000, { proof: aProof('R') }));
    expect(provedBy(ghostAt(9_100), [command('a', startedAt(1_000, unknown)), proved])).toBe('a');
  });
});

describe('a row that never gets its chat', () => {
  const inGroup = (id: string, group: string, ms: number) =>
    command(id, {
      target: { to: 'chat', chat: chatKey('group', group) },
      attempts: [anAttempt({ startedAt: instant(ms) })],
    });
  const chatless = (ms: number) => row({ chat: null, chatResolved: 'handle', sentAt: instant(ms) });

  it('is of the group to which its text was sent last before it', () => {
    expect(provedBy(chatless(9_100), [inGroup('a', 'chat1', 1_000), inGroup('b', 'chat2', 9_000)])).toBe('b');
    expect(provedBy(chatless(2_000), [inGroup('a', 'chat1', 1_000), inGroup('b', 'chat2', 9_000)])).toBe('a');
  });

  it('is of nobody with another text, from before, from long after, or who is one contact', () => {
    expect(provedBy({ ...chatless(1_100), text: 'other' }, [inGroup('a', 'chat1', 1_000)])).toBeNull();
    expect(provedBy(chatless(900), [inGroup('a', 'chat1', 1_000)])).toBeNull();
    expect(provedBy(chatless(60_000), [inGroup('a', 'chat1', 1_000)])).toBeNull();
    expect(provedBy(chatless(100), [command('a')])).toBeNull();
  });
});

describe('attemptElsewhere', () => {
  it('finds the same body in another chat, once', () => {
    const elsewhere = row({ chat: chatRef('group', 'chat9') });
    const noted = command('a', {
      attempts: [anAttempt({ elsewhere: { chat: chatKey('group', 'chat9'), guid: messageGuid('E') } })],
    });
    expect(attemptElsewhere(elsewhere, [noted, command('b')], TIMING)?.command.id).toBe('b');
    expect(attemptElsewhere(elsewhere, [noted], TIMING)).toBeNull();
    expect(attemptElsewhere(row(), [command('a')], TIMING)).toBeNull();
    const unknown = inState({ name: 'unknown', since: instant(5_000), cause: 'no_row', final: false });
    const at = (ms: number) => row({ ...elsewhere, sentAt: instant(ms) });
    expect(attemptElsewhere(at(5_000), [unknown], TIMING)?.command.id).toBe('a');
    expect(attemptElsewhere(at(5_001), [unknown], TIMING)).toBeNull();
    expect(attemptElsewhere(row({ ...elsewhere, text: 'other' }), [command('a')], TIMING)).toBeNull();
  });
});

describe('proofRow', () => {
  it("tells that this file's transfer failed", () => {
    const [part] = withFile('a.png').parts;
    expect(part === undefined ? null : proofRow(fileRow('a.png', 6), part).isTransferFailed).toBe(true);
    expect(part === undefined ? null : proofRow(fileRow('b.png', 6), part).isTransferFailed).toBe(false);
    expect(part === undefined ? null : proofRow(fileRow('a.png', 5), part).isTransferFailed).toBe(false);
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
