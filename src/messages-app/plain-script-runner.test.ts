import { delimiter } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { runPlainScript } from './plain-script-runner.ts';
import { gone, StandIns } from './test-stand-in.ts';

// run-applescript refuses other platforms and finds `osascript` through PATH: both are bent here for its sake.
const { platform } = process;
const path = process.env['PATH'];
const asPlatform = (value: NodeJS.Platform) => Object.defineProperty(process, 'platform', { value });

let standIns: StandIns;
beforeEach(() => {
  standIns = new StandIns();
  process.env['PATH'] = `${standIns.folder}${delimiter}${path ?? ''}`;
  asPlatform('darwin');
});
afterEach(() => {
  asPlatform(platform);
  process.env['PATH'] = path;
  standIns.remove();
});

describe('runPlainScript', () => {
  it('gives what the script printed', async () => {
    standIns.shell('osascript', 'echo "running: false"; printf "%s" "$2" > "$HERE/script"');
    expect(
      await runPlainScript({ script: 'return 1', args: [], timeoutMs: 1_000 }, new ManualClock(0)),
    ).toEqual({
      end: 'exited',
      code: 0,
      stdout: 'running: false',
      stderr: '',
      truncated: false,
    });
    expect(standIns.read('script')).toBe('return 1');
  });

  it('gives exit code and error text of a script that fails', async () => {
    standIns.shell('osascript', 'echo "x (-1743)" >&2; exit 1');
    const end = await runPlainScript({ script: '', args: [], timeoutMs: 1_000 }, new ManualClock(0));
    expect(end).toMatchObject({ end: 'exited', code: 1, stderr: 'x (-1743)\n' });
  });

  it('has a deadline, and ends at an abort', async () => {
    standIns.shell('osascript', 'exec sleep 1000');
    const clock = new ManualClock(0);
    const hanging = runPlainScript({ script: '', args: [], timeoutMs: 1_000 }, clock);
    await standIns.written('pids');
    clock.advance(1_000);
    expect(await hanging).toEqual({ end: 'killed', by: 'deadline', isGone: true });
    await gone(Number(standIns.lines('pids')[0]));

    const stopper = new AbortController();
    const request = { script: '', args: [], timeoutMs: 1_000, signal: stopper.signal };
    const aborted = runPlainScript(request, clock);
    stopper.abort();
    expect(await aborted).toEqual({ end: 'killed', by: 'abort', isGone: true });
    expect(await runPlainScript(request, clock)).toEqual({ end: 'not_started', code: 'ABORT_ERR' });
  });

  it('starts nothing on another platform', async () => {
    asPlatform('linux');
    const end = await runPlainScript({ script: '', args: [], timeoutMs: 1_000 }, new ManualClock(0));
    expect(end).toMatchObject({ end: 'not_started' });
  });
});
