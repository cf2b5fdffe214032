/**
 * Runs everything that CI runs, one after the other, and ends with the plain line `N passed, N failed`, in which each
 * static check counts as one and each test as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('..', import.meta.url).pathname;
const STATIC_CHECKS = [
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['unused', 'knip', []],
] as const;

let passed = 0;
let failed = 0;

for (const [name, tool, args] of STATIC_CHECKS) {
  const started = Date.now();
  const isOk = run(tool, args);
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name} (${Date.now() - started} ms)`);
}

const folder = mkdtempSync(join(tmpdir(), 'blueline-check-'));
const report = join(folder, 'report.json');
const isGreen = run('vitest', [
  'run',
  '--config',
  'test/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
const counts = readCounts(report);
rmSync(folder, { recursive: true });
passed += counts.passed;
// A runner that fails without a failed test (a leak, a crash, a file that does not load) is a failure all the same.
failed += counts.failed + (!isGreen && counts.failed === 0 ? 1 : 0);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && isGreen && counts.passed > 0 ? 0 : 1;

function run(tool: string, args: readonly string[]): boolean {
  const result = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` },
  });
  return result.status === 0;
}

function readCounts(path: string): { passed: number; failed: number } {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (
      typeof value === 'object' &&
      value !== null &&
      'numPassedTests' in value &&
      'numFailedTests' in value
    ) {
      return { passed: Number(value.numPassedTests), failed: Number(value.numFailedTests) };
    }
  } catch {
    // No report: the runner did not get as far. The caller counts that as a failure.
  }
  return { passed: 0, failed: 0 };
}
