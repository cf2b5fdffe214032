import { describe, expect, it } from 'vitest';
import { sequence } from '../domain/index.ts';
import { whereToStart } from './event-start.ts';
import type { JournalPort } from './ports.ts';

const journal = (oldest: number, head: number): JournalPort => ({
  epoch: 'now',
  head: () => sequence(head),
  oldest: () => sequence(oldest),
  read: () => [],
});

describe('whereToStart', () => {
  it.each<[string, { after: number | undefined; epoch: string | undefined }, number, string | null]>([
    ['at the oldest without a wish', { after: undefined, epoch: undefined }, 10, null],
    ['where it was asked to', { after: 15, epoch: 'now' }, 15, null],
    ['right before the oldest, without a gap', { after: 10, epoch: undefined }, 10, null],
    ['at the head', { after: 20, epoch: undefined }, 20, null],
    ['at the oldest where events were dropped', { after: 9, epoch: undefined }, 10, 'retention'],
    ['at the oldest in another epoch', { after: 15, epoch: 'before' }, 10, 'epoch_changed'],
    ['at the oldest past the head', { after: 21, epoch: 'now' }, 10, 'ahead_of_head'],
  ])('begins %s', (_name, wish, after, reason) => {
    const start = whereToStart(wish, journal(11, 20));
    expect(start.after).toBe(after);
    expect(start.gap?.reason ?? null).toBe(reason);
  });

  it('names what is missing', () => {
    expect(whereToStart({ after: 3, epoch: undefined }, journal(11, 20)).gap).toMatchObject({
      from: 4,
      to: 10,
    });
  });

  it('begins at zero in an empty journal', () => {
    expect(whereToStart({ after: 0, epoch: undefined }, journal(1, 0))).toEqual({ after: 0, gap: null });
  });
});
