import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trimCrashFile } from './crash-file.ts';

describe('the file for what a dying process prints', () => {
  it('is emptied when it has grown too large, under the hands of who writes it, and its end is kept', () => {
    const folder = mkdtempSync(join(tmpdir(), 'blueline-crash-'));
    const path = join(folder, 'crash.log');
    trimCrashFile(path);
    writeFileSync(path, 'small\n');
    trimCrashFile(path);
    expect(readFileSync(path, 'utf8')).toBe('small\n');

    // As launchd has it open.
    const fd = openSync(path, 'a');
    appendFileSync(path, 'x'.repeat(1_100_000));
    writeSync(fd, 'the end\n');
    trimCrashFile(path);
    writeSync(fd, 'and on\n');
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('and on\n');
    expect(readFileSync(`${path}.old`, 'utf8')).toMatch(/x{1000}the end\n$/u);
    expect(statSync(`${path}.old`).size).toBe(262_144);
    rmSync(folder, { recursive: true });
  });
});
