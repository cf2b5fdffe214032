import { describe, expect, it } from 'vitest';
import { aCommand, anAttempt } from '../../test/support/message.ts';
import { step } from './command-step.ts';
import { isFinal, type Attempt, type Command } from './command.ts';
import { instant, messageGuid, rowId } from './ids.ts';

const NOW = instant(1_700_000_100_000);
const UNKNOWN = { name: 'unknown', since: NOW, cause: 'store_replaced', final: false } as const;
const proof = { guid: messageGuid('G'), rowId: rowId(7), service: 'iMessage', isDowngraded: false };

const replaced = (command: Command) => step(command, { type: 'store_replaced' }, NOW);
const attemptsOf = (command: Command | null): readonly (readonly Attempt[])[] =>
  command?.parts.map(({ attempts }) => attempts) ?? [];

/** What the lane could still do with it. */
function startOf(command: Command | null) {
  const start = { type: 'start', part: 0, watermark: rowId(1), isKnown: false, service: null } as const;
  return command === null ? null : step(command, start, NOW);
}

describe('a command in a store that was replaced', () => {
  it.each([
    ['waits for its turn', { name: 'queued' }],
    ['waits for a moment', { name: 'deferred', reason: 'not_before', until: instant(NOW + 1) }],
    ['waits for an answer', { name: 'deferred', reason: 'after_reply', until: null }],
  ] as const)('is unknown where it %s, and never starts', (_name, hold) => {
    const after = replaced(aCommand('obx_1', { attempts: [], hold, createdAt: instant(5) }));
    expect(after?.state).toEqual(UNKNOWN);
    // A row is known by its date: the numbers of before say nothing.
    expect(attemptsOf(after)[0]?.[0]).toMatchObject({ startedAt: 5, watermark: null, proof: null });
    expect(startOf(after)).toBeNull();
    for (const type of ['due', 'cancel', 'expire'] as const) {
      expect(after && step(after, { type }, NOW)).toBeNull();
    }
  });

  it('is unknown where its script ran, and where a text message was to follow', () => {
    const running = aCommand('obx_1', { attempts: [anAttempt({ state: { name: 'sending' } })] });
    expect(replaced(running)?.state).toEqual(UNKNOWN);
    const failed = anAttempt({
      proof,
      state: { name: 'failed', at: NOW, failure: { code: 'message_failed', message: '', apple: 22 } },
    });
    const base = aCommand('obx_2', { attempts: [failed] });
    const following = {
      ...base,
      parts: base.parts.map((part) => ({ ...part, fallbackAt: instant(NOW + 5) })),
    };
    const after = replaced(following);
    expect(attemptsOf(after)[0]).toMatchObject([
      { state: { name: 'failed' } },
      { service: 'SMS', state: UNKNOWN },
    ]);
    expect(after?.parts[0]?.fallbackAt).toBeNull();
  });

  it('is unknown in the parts that had not begun, and stays as it is in those with a row', () => {
    const sent = aCommand('obx_1', { attempts: [anAttempt({ state: { name: 'dispatched' }, proof })] });
    expect(replaced(sent)).toBeNull();
    const second = { content: { kind: 'text', text: 'two' }, attempts: [], fallbackAt: null } as const;
    const after = replaced({ ...sent, parts: [...sent.parts, second] });
    expect(attemptsOf(after).map(([attempt]) => attempt?.state.name)).toEqual(['dispatched', 'unknown']);
  });

  it('stays as it is where it had come to its end, or is looked after already', () => {
    const ended = aCommand('obx_1', { attempts: [], hold: { name: 'canceled', at: NOW } });
    const unknown = aCommand('obx_2', {
      attempts: [anAttempt({ state: { ...UNKNOWN, cause: 'no_row' } })],
    });
    expect([isFinal(ended), replaced(ended), replaced(unknown)]).toEqual([true, null, null]);
  });
});
