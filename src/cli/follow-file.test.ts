import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../runtime/index.ts';
import { followFile, lastLines } from './follow-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-follow-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const seen = (lines: readonly string[], wanted: readonly string[]) =>
  vi.waitFor(() => expect(lines).toEqual(wanted), { timeout: 10_000, interval: 20 });

describe('followFile', () => {
  it('hands on whole lines: from the end on, over another file in its place, and after it was emptied', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'before\n');
    const lines: string[] = [];
    const stop = new AbortController();
    const following = followFile(path, {
      clock: systemClock(),
      signal: stop.signal,
      onLine: (line) => lines.push(line),
    });
    appendFileSync(path, 'one\ntw');
    await seen(lines, ['one']);
    appendFileSync(path, 'o\n');
    await seen(lines, ['one', 'two']);
    appendFileSync(path, 'three\n');
    renameSync(path, join(folder, 'a.1.log'));
    writeFileSync(path, 'four\n');
    await seen(lines, ['one', 'two', 'three', 'four']);
    truncateSync(path, 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    appendFileSync(path, 'five\n');
    await seen(lines, ['one', 'two', 'three', 'four', 'five']);
    stop.abort();
    await expect(following).resolves.toBeUndefined();
  });

  it('waits for a file that is not there yet', async () => {
    const path = join(folder, 'b.log');
    const lines: string[] = [];
    const stop = new AbortController();
    const following = followFile(path, {
      clock: systemClock(),
      signal: stop.signal,
      onLine: (line) => lines.push(line),
    });
    writeFileSync(path, 'first\n');
    await seen(lines, ['first']);
    stop.abort();
    await expect(following).resolves.toBeUndefined();
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
