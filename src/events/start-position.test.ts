import { describe, expect, it } from 'vitest';
import { sequence } from '../domain/index.ts';
import { startPosition } from './start-position.ts';

const KEPT = { epoch: 'now', head: sequence(20), oldest: sequence(11) };
const ask = (fields: { after?: number; cursor?: number; epoch?: string }) => ({
  after: fields.after === undefined ? null : sequence(fields.after),
  cursor: fields.cursor === undefined ? null : sequence(fields.cursor),
  epoch: fields.epoch ?? null,
});

describe('startPosition', () => {
  it.each<[string, Parameters<typeof ask>[0], number, string | null]>([
    ['at the head without a wish', {}, 20, null],
    ["at the subscriber's cursor", { cursor: 15 }, 15, null],
    ['where it was asked to, whatever the cursor', { after: 12, cursor: 15, epoch: 'now' }, 12, null],
    ['right before the oldest, without a gap', { after: 10 }, 10, null],
    ['at the oldest where events were dropped', { after: 9 }, 10, 'retention'],
    ['at the oldest in another epoch', { after: 15, epoch: 'before' }, 10, 'epoch_changed'],
    ['at the oldest past the head', { after: 21, epoch: 'now' }, 10, 'ahead_of_head'],
  ])('begins %s', (_name, wish, after, reason) => {
    const start = startPosition(ask(wish), KEPT);
    expect(start.after).toBe(after);
    expect(start.gap?.reason ?? null).toBe(reason);
  });

  it('names what is missing', () => {
    expect(startPosition(ask({ after: 3 }), KEPT).gap).toMatchObject({ from: 4, to: 10 });
  });

  it('begins at zero in an empty journal', () => {
    const empty = { epoch: 'now', head: sequence(0), oldest: sequence(1) };
    expect(startPosition(ask({ after: 0 }), empty)).toEqual({ after: 0, gap: null });
  });
});
