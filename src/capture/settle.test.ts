import { describe, expect, it } from 'vitest';
import { anInbound } from '../../test/support/message.ts';
import { instant, rowId, type Instant, type RowId } from '../domain/index.ts';
import { BODY_SETTLE_MS, JOIN_SETTLE_MS, settle, type Missing } from './settle.ts';

const WHOLE: Missing = { join: false, body: false, hold: false };
const row = (id: number, missing: Partial<Missing> = {}) => ({
  message: anInbound({ rowId: rowId(id) }),
  missing: { ...WHOLE, ...missing },
});
const waiting = (id: number, since: number): ReadonlyMap<RowId, Instant> =>
  new Map([[rowId(id), instant(since)]]);
const NOBODY = new Map<RowId, Instant>();

describe('settle', () => {
  it('lets later rows pass one that waits for its chat', () => {
    const result = settle([row(1, { join: true }), row(2)], NOBODY, instant(1000));
    expect(result.complete.map((message) => message.rowId)).toEqual([2]);
    expect(result.pending).toEqual([{ rowId: 1, since: 1000 }]);
  });

  it('tells rows in the order of their ROWIDs, those that waited among them', () => {
    const result = settle([row(3), row(1), row(2)], NOBODY, instant(0));
    expect(result.complete.map((message) => message.rowId)).toEqual([1, 2, 3]);
  });

  it.each([
    ['a body', { body: true }, BODY_SETTLE_MS],
    ['a chat', { join: true }, JOIN_SETTLE_MS],
    ['both', { join: true, body: true }, JOIN_SETTLE_MS],
  ])('waits for %s as long as the settle time, and no longer', (_, missing, ms) => {
    expect(settle([row(1, missing)], waiting(1, 500), instant(500 + ms - 1)).complete).toHaveLength(0);
    expect(settle([row(1, missing)], waiting(1, 500), instant(500 + ms)).complete).toHaveLength(1);
  });

  it('never tells a row that is on hold', () => {
    expect(settle([row(1, { hold: true })], waiting(1, 0), instant(1e9)).pending).toHaveLength(1);
  });

  it('does not wait for hours because the clock was set back', () => {
    expect(settle([row(1, { join: true })], waiting(1, 5_000_000), instant(1000)).complete).toHaveLength(1);
  });
});
