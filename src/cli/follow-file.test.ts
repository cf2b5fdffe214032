import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { followFile, lastLines } from './follow-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-follow-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Follows a file on a clock that stands still; what is there to be seen has been read when `look` resolves. */
function follow(path: string) {
  const clock = new ManualClock(0);
  const stop = new AbortController();
  const lines: string[] = [];
  const following = followFile(path, { clock, signal: stop.signal, onLine: (line) => lines.push(line) });
  return {
    lines,
    look: async () => {
      clock.advance(1_000);
      await turn();
    },
    stop: async () => {
      stop.abort();
      await expect(following).resolves.toBeUndefined();
    },
  };
}

describe('followFile', () => {
  it('hands on whole lines: from the end on, over another file in its place, and after it was emptied', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'before\n');
    const { lines, look, stop } = follow(path);
    appendFileSync(path, 'one\ntw');
    await look();
    expect(lines).toEqual(['one']);
    appendFileSync(path, 'o\n');
    await look();
    expect(lines).toEqual(['one', 'two']);
    appendFileSync(path, 'three\n');
    renameSync(path, join(folder, 'a.1.log'));
    writeFileSync(path, 'four\n');
    await look();
    expect(lines).toEqual(['one', 'two', 'three', 'four']);
    truncateSync(path, 0);
    await look();
    appendFileSync(path, 'five\n');
    await look();
    expect(lines).toEqual(['one', 'two', 'three', 'four', 'five']);
    await stop();
  });

  it('waits for a file that is not there yet', async () => {
    const path = join(folder, 'b.log');
    const { lines, look, stop } = follow(path);
    await look();
    writeFileSync(path, 'first\n');
    await look();
    expect(lines).toEqual(['first']);
    await stop();
  });
});

describe('lastLines', () => {
  it('goes back into the file before', () => {
    writeFileSync(join(folder, '1'), 'a\nb\n');
    writeFileSync(join(folder, '0'), 'c\n');
    const paths = [join(folder, '1'), join(folder, '0')];
    expect(lastLines(paths, 2)).toEqual(['b', 'c']);
    expect(lastLines(paths, 0)).toEqual([]);
    expect(lastLines([join(folder, 'none')], 5)).toBeNull();
  });
});
