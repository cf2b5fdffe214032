import { describe, expect, it } from 'vitest';
import { Faults } from './fault.ts';
import { parseFault } from './fault-names.ts';
import { planSend } from './send-plan.ts';
import { DEFAULT_TIMING } from './timing.ts';

describe('parseFault', () => {
  it.each([
    { words: 'error-22', fault: { name: 'error', error: 22 } },
    { words: 'hang-hard', fault: { name: 'hang', row: false, hard: true } },
    { words: '-1743', fault: { name: 'script-error', code: -1743, moment: 'before' } },
    { words: '-609', fault: { name: 'script-error', code: -609, moment: 'at-send' } },
    { words: '-1712-after-send', fault: { name: 'script-error', code: -1712, moment: 'after-send' } },
  ])('understands $words', ({ words, fault }) => {
    expect(parseFault(words, null)).toEqual(fault);
  });

  it('wants a number where one belongs, and knows no others', () => {
    expect(parseFault('row-late', 5_000)).toEqual({ name: 'row-late', ms: 5_000 });
    expect(parseFault('row-late', null)).toBeNull();
    expect(parseFault('error-', null)).toBeNull();
    expect(parseFault('-12-sometimes', null)).toBeNull();
  });
});

describe('Faults', () => {
  it('uses up those for the next send and keeps the others until they are cleared', () => {
    const faults = new Faults();
    faults.arm({ name: 'no-row' }, 'next');
    faults.arm({ name: 'german' }, 'on');
    expect(faults.forSend('hello').map((fault) => fault.name)).toEqual(['no-row', 'german']);
    expect(faults.forSend('hello').map((fault) => fault.name)).toEqual(['german']);
    faults.clear();
    expect(faults.forSend('hello')).toEqual([]);
  });

  it('lets questions meet only what stops every script', () => {
    const faults = new Faults();
    faults.arm({ name: 'hang', row: false, hard: false }, 'on');
    faults.arm({ name: 'script-error', code: -1743, moment: 'before' }, 'on');
    expect(faults.forQuestion()).toEqual([{ name: 'script-error', code: -1743, moment: 'before' }]);
  });
});

describe('planSend', () => {
  it('lets several faults act together', () => {
    const plan = planSend(
      [
        { name: 'hang', row: true, hard: false },
        { name: 'row-late', ms: 5_000 },
        { name: 'error', error: 22 },
      ],
      DEFAULT_TIMING,
    );
    expect(plan).toMatchObject({ hang: 'until-term', row: 'normal', rowDelayMs: 5_000, fate: { error: 22 } });
  });

  it('leaves no row after an error at the send verb, and one after an error that came too late', () => {
    const at = (moment: 'at-send' | 'after-send') =>
      planSend([{ name: 'script-error', code: -1712, moment }], DEFAULT_TIMING).row;
    expect([at('at-send'), at('after-send')]).toEqual(['none', 'normal']);
  });
});
