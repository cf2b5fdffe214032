import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasSmallDisks, onSmallDisk } from '../../test/support/small-disk.ts';
import { DurableMap } from './durable-map.ts';

describe('a map in a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-map-'));
    path = join(folder, 'map');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const open = () => new DurableMap(path, z.number());

  it('has after a crash what it had before, and is for its owner alone', () => {
    const map = open();
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    const again = open();
    expect([...again.entries()]).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    expect(again.get('c')).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('leaves out a line that was cut off, and goes on behind it', () => {
    open().set('a', 1);
    appendFileSync(path, '{"key":"a","val');
    const again = open();
    expect(again.get('a')).toBe(1);
    again.set('a', 2);
    expect(open().get('a')).toBe(2);
  });

  it('is whole again after its disk was full: what was refused is not there, or whole', (context) => {
    if (!hasSmallDisks(folder)) {
      context.skip('This machine lets us mount no small disk.');
    }
    const program = new URL('test-full-disk-process.ts', import.meta.url).pathname;
    const [launcher = '', ...args] = onSmallDisk(folder, 65_536);
    const { stdout, stderr } = spawnSync(launcher, [...args, process.execPath, program, folder], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      refused: 3,
      lengths: [
        ['a', 6],
        ['b', 8_000],
        ['c', 5],
      ],
    });
  });

  it('does not take some other file for its own', () => {
    writeFileSync(path, '{"key":"a","value":1}\nshopping list\n{"key":"b","value":1}\n');
    expect(open).toThrow(/map:2 /u);
  });

  it('does not grow with the number of changes', () => {
    const map = open();
    for (let index = 0; index < 1_500; index += 1) {
      map.set('a', index);
    }
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(1_000);
    expect(open().get('a')).toBe(1_499);
  });
});
