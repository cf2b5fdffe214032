import { describe, expect, it } from 'vitest';
import { toWarnings } from './to-warnings.ts';
import { WARNINGS, type Definition } from './warnings.ts';

describe('the table of warnings', () => {
  it.each(Object.entries(WARNINGS))('%s has a title, a sentence and something to do', (code, definition) => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/u);
    expect(definition.title).toMatch(/^[A-Za-z].{5,40}[^.]$/u);
    expect(definition.text).toMatch(/^(?:[A-Z]|macOS ).{20,200}\.$/u);
    expect(definition.action).toMatch(/^[A-Z].{20,200}\.$/u);
    expect(['degraded', 'unhealthy']).toContain(definition.severity);
  });

  it('names causes that it has, and tells each before what follows from it', () => {
    const order = Object.keys(WARNINGS);
    for (const [code, { hiddenBy = [] }] of Object.entries<Definition>(WARNINGS)) {
      for (const cause of hiddenBy) {
        expect(order, `${code} is hidden by ${cause}`).toContain(cause);
        expect(order.indexOf(cause), `${cause} → ${code}`).toBeLessThan(order.indexOf(code));
      }
    }
  });
});

describe('toWarnings', () => {
  it('lists each code once, in the order of the table, with the first detail', () => {
    const warnings = toWarnings([
      { code: 'unknown_outcomes' },
      { code: 'unknown_outcomes', detail: 'Two.' },
      { code: 'store_failing' },
      { code: 'unknown_outcomes', detail: 'Three.' },
    ]);
    expect(warnings).toEqual([
      {
        code: 'store_failing',
        severity: 'unhealthy',
        text: WARNINGS.store_failing.text,
        action: WARNINGS.store_failing.action,
      },
      {
        code: 'unknown_outcomes',
        severity: 'degraded',
        text: `${WARNINGS.unknown_outcomes.text} Two.`,
        action: WARNINGS.unknown_outcomes.action,
      },
    ]);
  });
});
