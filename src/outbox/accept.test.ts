import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { instant } from '../domain/index.ts';
import { OutboxBench } from './test-outbox.ts';

const HOUR_MS = 3_600_000;

let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
});
afterEach(() => bench.close());

const named = (idempotencyKey: string | null, requestHash = 'h', keyId = 'k') => ({
  keyId,
  idempotencyKey,
  requestHash,
});

describe('a request under a name', () => {
  it('is answered as at first, whatever has become of the command', async () => {
    const id = await bench.accept('hi', named('order'));
    const first = bench.get(id);
    bench.outbox.cancel(id);
    expect(bench.outbox.replay(named('order'))).toEqual({ outcome: 'replayed', command: first });
  });

  it('shows a command that had to wait as it was when it was accepted', async () => {
    bench.outbox.start();
    const id = await bench.accept('hi', { ...named('order'), notBefore: instant(bench.clock.now() + 1_000) });
    bench.clock.advance(60_000);
    await vi.waitFor(() => expect(bench.get(id).state.name).toBe('dispatched'));
    expect(bench.outbox.replay(named('order'))).toMatchObject({ command: { state: { name: 'deferred' } } });
  });

  it('conflicts with another body, belongs to one key, and is kept for 72 hours', async () => {
    await bench.accept('hi', named('order'));
    expect(bench.outbox.replay(named('order', 'other'))).toEqual({ outcome: 'conflict' });
    expect(bench.outbox.replay(named('order', 'h', 'another key'))).toBeNull();
    bench.clock.advance(72 * HOUR_MS - 1);
    expect(bench.outbox.replay(named('order'))).not.toBeNull();
    bench.clock.advance(1);
    expect(bench.outbox.replay(named('order'))).toBeNull();
  });

  it('makes one command when it comes twice at once', async () => {
    const ids = await Promise.all([bench.accept('hi', named('order')), bench.accept('hi', named('order'))]);
    expect(new Set(ids).size).toBe(1);
  });

  it('is no suspect when the same words come under another name', async () => {
    await bench.accept('hi', named('order 1'));
    expect(bench.get(await bench.accept('hi', named('order 2'))).suspectedDuplicateOf).toBeNull();
  });
});

describe('a request without a name', () => {
  it('is accepted again, and suspected within a minute', async () => {
    const first = await bench.accept('Hi ', named(null));
    bench.outbox.answered(first, true);
    bench.clock.advance(59_000);
    const second = await bench.accept('Hi', named(null));
    expect(bench.get(second).suspectedDuplicateOf).toBe(first);
    bench.outbox.answered(second, true);
    bench.clock.advance(61_000);
    expect(bench.get(await bench.accept('Hi', named(null))).suspectedDuplicateOf).toBeNull();
  });

  it('is another one while the answer to an equal one is being written', async () => {
    await bench.accept('👍', named(null));
    expect(bench.outbox.replay(named(null))).toBeNull();
  });

  it('gets the command of an equal one whose answer was cut off, until it has been answered', async () => {
    const id = await bench.accept('hi', named(null));
    bench.outbox.answered(id, false);
    expect(bench.outbox.replay(named(null, 'other'))).toBeNull();
    expect(bench.outbox.replay(named(null, 'h', 'another key'))).toBeNull();
    expect(bench.outbox.replay(named(null))).toMatchObject({ outcome: 'replayed', command: { id } });
    bench.outbox.answered(id, false);
    expect(bench.outbox.replay(named(null))).toMatchObject({ command: { id } });
    bench.outbox.answered(id, true);
    expect(bench.outbox.replay(named(null))).toBeNull();
  });

  it('gets the command whose answer a crash cut off, for an hour', async () => {
    const id = await bench.accept('hi', named(null));
    const restarted = bench.create();
    bench.clock.advance(HOUR_MS - 1);
    expect(restarted.replay(named(null))).toMatchObject({ command: { id } });
    restarted.answered(id, false);
    bench.clock.advance(1);
    expect(restarted.replay(named(null))).toBeNull();
  });
});

it('keeps what a client gives back with the command', async () => {
  const id = await bench.accept('hi', { metadata: { order: '7' }, service: 'imessage' });
  expect(bench.get(id)).toMatchObject({ metadata: { order: '7' }, service: 'imessage' });
});
