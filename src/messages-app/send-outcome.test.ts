import { describe, expect, it } from 'vitest';
import { APPLE_EVENT_ERRORS, errorNumber } from './apple-event-errors.ts';
import type { ChildEnd } from './run-child.ts';
import { classifySend } from './send-outcome.ts';

const exited = (code: number, stdout: string, stderr: string, truncated = false): ChildEnd => ({
  end: 'exited',
  code,
  stdout,
  stderr,
  truncated,
});

describe('errorNumber', () => {
  it.each([
    ['31:40: execution error: Messages got an error: Can’t get chat id "any;-;x". (-1728)', -1728],
    ["execution error: Can't get it (1) of (2). (-1719)\n", -1719],
    ['Fehler: „Messages“ hat einen Fehler erhalten. (−1743)', -1743],
    ['sh: not found', null],
    ['', null],
  ])('takes the last parenthesised integer of %j', (stderr, number) => {
    expect(errorNumber(stderr)).toBe(number);
  });
});

describe('classifySend', () => {
  it('never rejects once the target was resolved, whatever the number', () => {
    for (const number of [...APPLE_EVENT_ERRORS.keys(), -9999]) {
      const end = exited(1, '', `phase: resolved\nexecution error: x (${number})`);
      expect(classifySend(end)).toEqual({
        outcome: 'uncertain',
        disposition: 'may_have_completed',
        cause: 'script_error',
        code: number,
      });
    }
  });

  it('is certain before that for every number but those that Messages may answer after having begun', () => {
    const uncertain = [...APPLE_EVENT_ERRORS.keys()].filter(
      (number) => classifySend(exited(1, '', `execution error: x (${number})`)).outcome === 'uncertain',
    );
    expect(uncertain.toSorted((a, b) => b - a)).toEqual([-609, -1712, -10000]);
  });

  it('believes neither an exit without the word nor the word without a good exit', () => {
    expect(classifySend(exited(0, 'sent\n', '')).outcome).toBe('accepted');
    expect(classifySend(exited(0, 'log line\r\nsent\r\n', '')).outcome).toBe('accepted');
    expect(classifySend(exited(0, 'not sent\n', '')).outcome).toBe('uncertain');
    expect(classifySend(exited(1, 'sent\n', 'x (-1728)')).outcome).toBe('uncertain');
    expect(classifySend(exited(1, '', 'x (-1728)', true)).outcome).toBe('uncertain');
  });

  it('is uncertain after any signal', () => {
    expect(classifySend({ end: 'died', signal: 'SIGSEGV' }).outcome).toBe('uncertain');
    expect(classifySend({ end: 'killed', by: 'abort', isGone: true })).toMatchObject({
      outcome: 'uncertain',
      disposition: 'may_have_completed',
    });
  });

  it('knows a killed script that is still there from one that is gone', () => {
    expect(classifySend({ end: 'killed', by: 'deadline', isGone: false })).toMatchObject({
      outcome: 'uncertain',
      disposition: 'still_in_flight',
    });
  });
});
