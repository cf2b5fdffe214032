import { execFile } from 'node:child_process';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HELPER = new URL('../scripts/lib/options.ts', import.meta.url).href;
const HEAD = 'Proves a thing: `npm run prove:thing [-- --times N]`.\nEnds with `N passed, N failed`.';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-script-'));
  writeFileSync(
    join(folder, 'prove-thing.ts'),
    `/**\n * ${HEAD.replace('\n', '\n * ')}\n */
import { readOptions } from '${HELPER}';
console.log(readOptions({ times: { type: 'string', default: '3' } }).times);
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  try {
    const said = await promisify(execFile)(process.execPath, [join(folder, 'prove-thing.ts'), ...args]);
    return { ...said, code: 0 };
  } catch (error) {
    return { stdout: '', stderr: '', ...Object(error) };
  }
}

describe('the options of a script', () => {
  it('are what was given, or their defaults', async () => {
    expect(await run()).toMatchObject({ code: 0, stdout: '3\n' });
    expect(await run('--times', '5')).toMatchObject({ code: 0, stdout: '5\n' });
  });

  it('are told by --help, as the head of the script has them', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stdout: `${HEAD}\n`, stderr: '' });
  });

  it.each([['--tims'], ['--times'], ['5']])('are told where they are wrong: %s', async (...words) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words[0]);
    expect(stderr.endsWith(`\n\n${HEAD}\n`)).toBe(true);
  });
});
