import { beforeEach, describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import { Visibility } from './visibility.ts';
import type { WarningCode } from './warnings.ts';

let visibility: Visibility;
beforeEach(() => {
  visibility = new Visibility();
});

/** What is told at a second, with these found. */
const at = (second: number, ...codes: WarningCode[]) =>
  visibility
    .visible(
      codes.map((code) => ({ code })),
      instant(second * 1_000),
    )
    .map(({ code }) => code);

describe('a finding', () => {
  it('is told once it has lasted, and anew when it comes back', () => {
    expect(at(0, 'messages_not_running')).toEqual([]);
    expect(at(1, 'messages_not_running')).toEqual([]);
    expect(at(2, 'messages_not_running')).toEqual(['messages_not_running']);
    expect(at(3)).toEqual([]);
    expect(at(4, 'messages_not_running')).toEqual([]);
    expect(at(6, 'messages_not_running')).toEqual(['messages_not_running']);
  });

  it('is told at once where it needs no time', () => {
    expect(at(0, 'line_paused')).toEqual(['line_paused']);
  });

  it('has not lasted through a sleep, nor through a clock that was set', () => {
    at(0, 'imessage_disconnected');
    at(5, 'imessage_disconnected');
    expect(at(7_200, 'imessage_disconnected')).toEqual([]);
    for (let second = 7_201; second < 7_255; second += 1) {
      expect(at(second, 'imessage_disconnected')).toEqual([]);
    }
    expect(at(7_255, 'imessage_disconnected')).toEqual(['imessage_disconnected']);
    expect(at(10, 'imessage_disconnected')).toEqual(['imessage_disconnected']);
  });

  it('is hidden by its cause, also by one that is not told yet', () => {
    for (let second = 0; second < 10; second += 1) {
      at(second, 'sends_refused');
    }
    expect(at(10, 'sends_refused')).toEqual(['sends_refused']);
    expect(at(11, 'sends_refused', 'messages_not_running')).toEqual([]);
    at(12, 'sends_refused', 'messages_not_running');
    expect(at(13, 'sends_refused', 'messages_not_running')).toEqual(['messages_not_running']);
    expect(at(14, 'sends_refused')).toEqual(['sends_refused']);
  });
});
