import { beforeEach, describe, expect, it } from 'vitest';
import { aCommand, anAttempt, aProof } from '../../test/support/message.ts';
import { instant, type Attempt, type Command } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { Breaker } from './breaker.ts';

const LIMITS = { unknowns: 3, failures: 5, pauseMs: 600_000 };
const T = (seconds: number) => instant(1_000_000 + seconds * 1000);

const started = aCommand('a');
const withAttempt = (fields: Partial<Attempt>): Command => aCommand('a', { attempts: [anAttempt(fields)] });
const unknown = (cause: 'no_row' | 'interrupted' | 'row_gone' = 'no_row') =>
  withAttempt({ state: { name: 'unknown', since: T(0), cause, final: false } });
const proved = withAttempt({ state: { name: 'dispatched' }, proof: aProof('G') });
const sent = withAttempt({ state: { name: 'sent', at: T(0) }, proof: aProof('G') });
const failed = (apple: number, isKnown = true) =>
  withAttempt({
    isKnown,
    proof: aProof('G'),
    state: { name: 'failed', at: T(0), failure: { code: 'message_failed', message: '', apple } },
  });

describe('the breaker', () => {
  let kept: string | null;
  let breaker: Breaker;
  let clock: ManualClock;
  const create = (limits = LIMITS) => {
    breaker = new Breaker(limits, clock, kept, (memory) => {
      kept = memory;
    });
  };
  const observe = (...outcomes: readonly Command[]) => {
    for (const after of outcomes) {
      breaker.observe(started, after);
    }
  };

  /** It opens, Messages is relaunched, and the trial is unknown as well. */
  const failTrial = () => {
    observe(unknown(), unknown(), unknown());
    breaker.relaunched();
    breaker.begin();
    observe(unknown());
    breaker.end();
  };

  beforeEach(() => {
    kept = null;
    clock = new ManualClock(T(0));
    create();
  });

  it('opens at the third outcome in a row without proof', () => {
    observe(unknown(), unknown());
    expect(breaker.permission()).toBe('send');
    observe(unknown());
    expect(breaker.pause()).toMatchObject({ by: 'unknown_outcomes' });
    expect(breaker.permission()).toBe('relaunch');
  });

  it('begins to count anew with every row', () => {
    observe(unknown(), unknown(), proved, unknown(), unknown());
    expect(breaker.pause()).toBeNull();
  });

  it('does not count what says nothing of Messages', () => {
    observe(unknown('interrupted'), unknown('row_gone'), unknown('interrupted'));
    breaker.observe(unknown(), unknown());
    expect(breaker.pause()).toBeNull();
  });

  it('opens at a burst of failures, but not for strangers without iMessage', () => {
    observe(...Array.from({ length: 9 }, () => failed(22, false)));
    expect(breaker.pause()).toBeNull();
    observe(failed(4), failed(22), failed(4), failed(4), sent, failed(4), failed(4), failed(4), failed(4));
    expect(breaker.pause()).toBeNull();
    observe(failed(4));
    expect(breaker.pause()).toMatchObject({ by: 'failures' });
  });

  it('lets one command through after the relaunch, and closes with its row', () => {
    observe(unknown(), unknown(), unknown());
    breaker.relaunched();
    expect(breaker.permission()).toBe('send');
    breaker.begin();
    expect(breaker.permission()).toBe('wait');
    observe(proved);
    breaker.end();
    expect(breaker.pause()).toBeNull();
    expect(breaker.permission()).toBe('send');
  });

  it('stays open when that one is unknown too, and relaunches again only after the pause', () => {
    failTrial();
    expect(breaker.permission()).toBe('wait');
    clock.advance(599_000);
    expect(breaker.permission()).toBe('wait');
    clock.advance(1_000);
    expect(breaker.permission()).toBe('relaunch');
  });

  it('relaunches no sooner because the clock was set back, and no later', () => {
    failTrial();
    clock.jump(-3_600_000);
    expect(breaker.permission()).toBe('wait');
    clock.advance(599_000);
    expect(breaker.permission()).toBe('wait');
    clock.advance(1_000);
    expect(breaker.permission()).toBe('relaunch');
  });

  it('makes the trial again where it told nothing either way', () => {
    observe(unknown(), unknown(), unknown());
    breaker.relaunched();
    breaker.begin();
    breaker.end();
    expect(breaker.permission()).toBe('send');
  });

  it('remembers over a restart, and ends by a person', () => {
    observe(unknown(), unknown(), unknown());
    breaker.relaunched();
    create();
    expect(breaker.pause()).toMatchObject({ by: 'unknown_outcomes' });
    expect(breaker.permission()).toBe('wait');
    breaker.resume();
    create();
    expect(breaker.permission()).toBe('send');
  });

  it('keeps a pause by hand until it is taken back by hand', () => {
    breaker.pauseByHand();
    observe(sent, proved);
    clock.advance(99_999_000);
    expect(breaker.permission()).toBe('wait');
    breaker.resume();
    expect(breaker.permission()).toBe('send');
  });

  it('can be switched off', () => {
    create({ ...LIMITS, unknowns: 0, failures: 0 });
    observe(...Array.from({ length: 20 }, () => unknown()), ...Array.from({ length: 20 }, () => failed(4)));
    expect(breaker.pause()).toBeNull();
  });
});
