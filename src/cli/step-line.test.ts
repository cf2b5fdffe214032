import { describe, expect, it } from 'vitest';
import { stepsTo } from './step-line.ts';

describe('stepsTo', () => {
  it.each<[string | null, string, string[]]>([
    [null, 'queued', ['queued']],
    ['queued', 'sending', ['sending']],
    ['sending', 'dispatched', []],
    ['dispatched', 'sent', ['sent']],
    ['queued', 'delivered', ['sending', 'sent', 'delivered']],
    ['queued', 'failed', ['sending', 'failed']],
    ['sending', 'queued', ['queued']],
    ['sending', 'unknown', ['unknown']],
    ['unknown', 'sent', ['sent']],
    ['queued', 'expired', ['expired']],
    [null, 'read', ['queued', 'sending', 'sent', 'delivered', 'read']],
  ])('after %s tells of %s what was passed on the way', (last, next, steps) => {
    expect(stepsTo(last, next)).toEqual(steps);
  });
});
