import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from './clock.ts';
import { Disposal } from './disposal.ts';
import { createLogger } from './logger.ts';
import { superviseLoop } from './loop.ts';
import { ManualClock } from './manual-clock.ts';
import { Pulse } from './pulse.ts';
import { Retried } from './retried.ts';
import { createSortableIds } from './sortable-ids.ts';

describe('ManualClock', () => {
  it('runs what falls due in order, each at its own time', () => {
    const clock = new ManualClock(0);
    const seen: [string, number][] = [];
    clock.after(30, () => seen.push(['once', clock.now()]));
    const ticking = clock.every(20, () => seen.push(['tick', clock.now()]));
    clock.advance(45);
    ticking.cancel();
    clock.advance(100);
    expect(seen).toEqual([
      ['tick', 20],
      ['once', 30],
      ['tick', 40],
    ]);
    expect(clock.now()).toBe(145);
  });
});

describe('sleep', () => {
  it('ends at once when it is aborted', async () => {
    const abort = new AbortController();
    const done = sleep(systemClock(), 1_000_000, abort.signal);
    abort.abort();
    await expect(done).resolves.toBeUndefined();
  });
});

describe('retried work', () => {
  it('is done at once or as soon as it can be, and once for each time that it is asked for', () => {
    const clock = new ManualClock(0);
    const doneAt: number[] = [];
    let isPossible = true;
    const work = new Retried(clock, () => {
      if (!isPossible) {
        throw new Error('not now');
      }
      doneAt.push(clock.now());
    });
    work.run();
    isPossible = false;
    work.run();
    clock.advance(1_500);
    work.run();
    isPossible = true;
    clock.advance(60_000);
    expect(doneAt).toEqual([0, 2_500]);
  });
});

describe('sortable ids', () => {
  it('sort by their moment, and within it by when they were made, and never repeat', () => {
    const next = createSortableIds();
    const ids = Array.from({ length: 2_000 }, (_, index) => next(1_800_000_000_000 + Math.floor(index / 3)));
    expect(ids).toEqual([...new Set(ids)].toSorted());
    expect(ids[0]).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/u);
    expect(createSortableIds()(1)).not.toBe(createSortableIds()(1));
  });
});

describe('Pulse', () => {
  it('keeps a trigger that came before the wait, and counts many as one', async () => {
    const pulse = new Pulse();
    const abort = new AbortController();
    pulse.trigger();
    pulse.trigger();
    await pulse.wait(abort.signal);
    let woke = false;
    const second = pulse.wait(abort.signal).then(() => {
      woke = true;
    });
    await Promise.resolve();
    expect(woke).toBe(false);
    pulse.trigger();
    await second;
    expect(woke).toBe(true);
  });
});

describe('superviseLoop', () => {
  it('goes on after a throw, with a pause, and ends when aborted', async () => {
    const clock = new ManualClock(0);
    const abort = new AbortController();
    let runs = 0;
    const failed = new Pulse();
    const loop = superviseLoop({
      name: 'test',
      clock,
      log: createLogger('silent'),
      signal: abort.signal,
      body: () => {
        runs += 1;
        if (runs === 3) {
          abort.abort();
          return Promise.resolve();
        }
        return Promise.reject(new Error('broken'));
      },
      onFailure: () => failed.trigger(),
    });
    await failed.wait(new AbortController().signal);
    clock.advance(100);
    await failed.wait(new AbortController().signal);
    clock.advance(200);
    await loop;
    expect(runs).toBe(3);
  });
});

describe('Disposal', () => {
  it('closes in reverse order, all of it, once, and gathers what failed', async () => {
    const closed: string[] = [];
    const disposal = new Disposal();
    disposal.add('first', () => void closed.push('first'));
    disposal.add('second', () => Promise.reject(new Error('stuck')));
    disposal.add('third', () => void closed.push('third'));
    const closing = disposal.close();
    expect(disposal.close()).toBe(closing);
    await expect(closing).rejects.toBeInstanceOf(AggregateError);
    expect(closed).toEqual(['third', 'first']);
  });
});

describe('createLogger', () => {
  it('hides what has the name of a secret or of user data', () => {
    const lines: string[] = [];
    const log = createLogger('info', { write: (line: string) => void lines.push(line) });
    log.info(
      { text: 'secret words', handle: '+15550001111', nested: { authorization: 'Bearer x' } },
      'A sentence',
    );
    expect(lines.join('')).not.toMatch(/secret words|5550001111|Bearer/u);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ level: 'info', msg: 'A sentence' });
  });
});
