import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handle } from '../domain/index.ts';
import { createLogger, ManualClock, systemClock, type Clock } from '../runtime/index.ts';
import { createMessagesApp, type MessagesApp, type SendTarget } from './messages-app.ts';
import { gone, isAlive, StandIns } from './test-stand-in.ts';

const CHAT: SendTarget = { form: 'chat', guid: 'any;-;+15551234567' };
const log = createLogger('silent');

let standIns: StandIns;
beforeEach(() => {
  standIns = new StandIns();
});
afterEach(() => standIns.remove());

function appBehind(osascript: string, clock: Clock = systemClock()): MessagesApp {
  return createMessagesApp({ osascript, platform: 'linux', clock, log });
}

const RECORDER = `
const fs = require('node:fs');
fs.writeFileSync(here + '/call.json', JSON.stringify({
  argv: process.argv.slice(2), stdin: fs.readFileSync(0, 'utf8'), env: process.env, cwd: process.cwd(),
}));
process.stderr.write('phase: resolved\\n');
console.log('sent');
`;

interface Call {
  readonly argv: readonly string[];
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
}

function recorded(): Call {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by RECORDER just now
  return JSON.parse(standIns.read('call.json')) as Call;
}

describe('sendText', () => {
  it.each([
    ['quotes and backslashes', `"double" 'single' \\ \`tick\` $HOME $(id) %s`],
    ['line ends and tabs', 'one\ntwo\r\nthree\tfour\n'],
    ['emoji and combining marks', '👩‍👩‍👧 e\u0301 \u{1F44D}🏽 שלום \u2028'],
    ['a leading dash', '-e tell application "Finder" to quit'],
    ['an option', '--help'],
    ['only spaces', '   '],
    ['30 kB', 'ä¢🙂x'.repeat(3_000)],
    ['text that looks like a script', '" & (do shell script "touch /tmp/x") & "'],
  ])('hands over text with %s byte for byte, in argv only', async (_name, text) => {
    const app = appBehind(standIns.node('osascript', RECORDER));
    expect(await app.sendText(CHAT, text)).toEqual({ outcome: 'accepted' });
    const call = recorded();
    expect(call.argv).toEqual(['-l', 'AppleScript', '-', 'chat', 'any;-;+15551234567', '-', text]);
    expect(call.stdin.startsWith('-- blueline send-text 1\n')).toBe(true);
    expect(call.stdin).not.toContain('15551234567');
  });

  it('names handle and service where there is no chat yet', async () => {
    const app = appBehind(standIns.node('osascript', RECORDER));
    await app.sendText({ form: 'participant', handle: handle('kim@example.com'), service: 'iMessage' }, 'hi');
    expect(recorded().argv.slice(3)).toEqual(['participant', 'kim@example.com', 'iMessage', 'hi']);
  });

  it('gives a stand-in the environment without our secrets, and a UTF-8 locale', async () => {
    const app = createMessagesApp({
      osascript: standIns.node('osascript', RECORDER),
      platform: 'linux',
      clock: systemClock(),
      log,
      environment: { PATH: process.env['PATH'], SETTING: 'kept', BLUELINE_API_KEY: 'blk_x', LANG: 'C' },
    });
    await app.sendText(CHAT, 'hi');
    const { env } = recorded();
    expect(env).toMatchObject({ SETTING: 'kept', LANG: 'en_US.UTF-8', PATH: process.env['PATH'] });
    expect(env).not.toHaveProperty('BLUELINE_API_KEY');
  });

  it.each([
    [
      'before the target was known',
      '',
      '31:40: execution error: Can’t get chat id. (-1728)',
      { outcome: 'rejected', disposition: 'not_started', code: -1728, reason: 'target_not_found' },
    ],
    [
      'for a missing permission',
      '',
      'Keine Berechtigung. (-1743)',
      { outcome: 'rejected', disposition: 'not_started', code: -1743, reason: 'automation_denied' },
    ],
    [
      'without any number',
      '',
      'something else',
      { outcome: 'rejected', disposition: 'not_started', code: null, reason: 'script_error' },
    ],
    [
      'after the target was known',
      'phase: resolved',
      'error: Can’t get chat id. (-1728)',
      { outcome: 'uncertain', disposition: 'may_have_completed', cause: 'script_error', code: -1728 },
    ],
    [
      'by a timed-out event at any time',
      '',
      'error: AppleEvent timed out. (-1712)',
      { outcome: 'uncertain', disposition: 'may_have_completed', cause: 'script_error', code: -1712 },
    ],
  ])('tells what a failure %s proves', async (_name, phase, error, outcome) => {
    const path = standIns.shell(
      'osascript',
      `cat > /dev/null; echo '${phase}' >&2; echo '${error}' >&2; exit 1`,
    );
    expect(await appBehind(path).sendText(CHAT, 'hi')).toEqual(outcome);
  });

  it('stays uncertain when the script ends well but does not say that it sent', async () => {
    const path = standIns.shell('osascript', 'exit 0');
    expect(await appBehind(path).sendText(CHAT, 'hi')).toEqual({
      outcome: 'uncertain',
      disposition: 'may_have_completed',
      cause: 'script_error',
      code: null,
    });
  });

  it('survives output without measure and a script that never reads its stdin', async () => {
    const flood = 'head -c 5000000 /dev/zero | tr "\\0" x';
    const path = standIns.shell('osascript', `exec 0<&-; ${flood}; ${flood} >&2; echo; echo sent`);
    expect(await appBehind(path).sendText(CHAT, 'hi')).toEqual({ outcome: 'accepted' });
  });

  it('takes a failure whose early output is lost as uncertain', async () => {
    const flood = 'head -c 500000 /dev/zero | tr "\\0" x >&2';
    const path = standIns.shell(
      'osascript',
      `echo 'phase: resolved' >&2; ${flood}; echo ' (-1728)' >&2; exit 1`,
    );
    expect(await appBehind(path).sendText(CHAT, 'hi')).toEqual({
      outcome: 'uncertain',
      disposition: 'may_have_completed',
      cause: 'script_error',
      code: -1728,
    });
  });

  it('rejects for certain what could not be started', async () => {
    const spawnFailed = {
      outcome: 'rejected',
      disposition: 'not_started',
      code: null,
      reason: 'spawn_failed',
    };
    writeFileSync(standIns.path('plain'), 'no program');
    expect(await appBehind(standIns.path('plain')).sendText(CHAT, 'hi')).toEqual(spawnFailed);
    expect(await appBehind(standIns.path('missing')).sendText(CHAT, 'hi')).toEqual(spawnFailed);
    expect(await appBehind(standIns.folder).sendText(CHAT, 'hi')).toEqual(spawnFailed);
    const app = appBehind(standIns.shell('osascript', 'echo sent'));
    expect(await app.sendText(CHAT, 'x'.repeat(4_000_000))).toEqual(spawnFailed);
    expect(standIns.lines('pids')).toEqual([]);
  });

  it('rejects what argv cannot carry, without starting anything', async () => {
    const app = appBehind(standIns.shell('osascript', 'echo sent'));
    const invalidText = {
      outcome: 'rejected',
      disposition: 'not_started',
      code: null,
      reason: 'invalid_text',
    };
    expect(await app.sendText(CHAT, 'a\0b')).toEqual(invalidText);
    expect(await app.sendText(CHAT, 'half a pair \ud83d')).toEqual(invalidText);
    expect(await app.sendText(CHAT, '')).toEqual(invalidText);
    expect(await app.sendText({ form: 'chat', guid: 'any;-;\0' }, 'hi')).toMatchObject({
      reason: 'invalid_target',
    });
    expect(await app.sendText(CHAT, 'hi', AbortSignal.abort())).toMatchObject({ reason: 'aborted' });
    expect(standIns.lines('pids')).toEqual([]);
  });

  it('rejects everything where there is neither a Mac nor a stand-in', async () => {
    const app = createMessagesApp({ osascript: null, platform: 'linux', clock: systemClock(), log });
    expect(await app.sendText(CHAT, 'hi')).toEqual({
      outcome: 'rejected',
      disposition: 'not_started',
      code: null,
      reason: 'no_messages_app',
    });
    expect(await app.probe()).toEqual({ state: 'unknown', code: null });
  });
});

describe('the deadline', () => {
  const TIMED_OUT = {
    outcome: 'uncertain',
    disposition: 'may_have_completed',
    cause: 'timed_out',
    code: null,
  };

  it('ends a script that hangs, and leaves the outcome uncertain', async () => {
    const clock = new ManualClock(0);
    const app = appBehind(standIns.shell('osascript', 'echo sent; exec sleep 1000'), clock);
    const sending = app.sendText(CHAT, 'hi');
    await standIns.written('pids');
    clock.advance(29_999);
    const pid = Number(standIns.lines('pids')[0]);
    expect(isAlive(pid)).toBe(true);
    clock.advance(1);
    expect(await sending).toEqual(TIMED_OUT);
    await gone(pid);
  });

  it('kills a script that ignores SIGTERM after the grace', async () => {
    const clock = new ManualClock(0);
    const body = `
      process.on('SIGTERM', () => require('node:fs').writeFileSync(here + '/term', 'ignored\\n'));
      setInterval(() => undefined, 1000);
      require('node:fs').writeFileSync(here + '/pids', process.pid + '\\n');`;
    const sending = appBehind(standIns.node('osascript', body), clock).sendText(CHAT, 'hi');
    await standIns.written('pids');
    clock.advance(30_000);
    await standIns.written('term');
    const pid = Number(standIns.lines('pids')[0]);
    expect(isAlive(pid)).toBe(true);
    clock.advance(2_000);
    expect(await sending).toEqual(TIMED_OUT);
    await gone(pid);
  });

  it('takes the children of a wrapper with it, deaf ones included', async () => {
    const clock = new ManualClock(0);
    const deaf = '(trap "" TERM; echo $$ > /dev/null; sleep 1000 & echo $! > "$HERE/child"; wait)';
    const app = appBehind(standIns.shell('osascript', `${deaf}\necho sent`), clock);
    const sending = app.sendText(CHAT, 'hi');
    await standIns.written('child');
    clock.advance(30_000);
    clock.advance(2_000);
    expect(await sending).toEqual(TIMED_OUT);
    await gone(Number(standIns.lines('pids')[0]));
    await gone(Number(standIns.lines('child')[0]));
  });

  it('does not wait for output that a grandchild keeps open', async () => {
    const clock = new ManualClock(0);
    const path = standIns.shell(
      'osascript',
      'sleep 1000 & echo $! > "$HERE/child"; echo "phase: resolved" >&2; echo sent',
    );
    const sending = appBehind(path, clock).sendText(CHAT, 'hi');
    await standIns.written('child');
    await gone(Number(standIns.lines('pids')[0]));
    // The exit of the leader reaches us in a turn of its own; the drain counts from there.
    const turns = setInterval(() => clock.advance(500), 5);
    const outcome = await sending;
    clearInterval(turns);
    process.kill(Number(standIns.lines('child')[0]));
    expect(outcome).toEqual({ outcome: 'accepted' });
  });

  it('is not the only end: an abort kills the script too', async () => {
    const stopper = new AbortController();
    const app = appBehind(standIns.shell('osascript', 'exec sleep 1000'), new ManualClock(0));
    const sending = app.sendText(CHAT, 'hi', stopper.signal);
    await standIns.written('pids');
    stopper.abort();
    expect(await sending).toEqual(TIMED_OUT);
    await gone(Number(standIns.lines('pids')[0]));
  });
});

describe('a killed script that is still there', () => {
  it('is in flight, and nothing may be sent before it is gone', async () => {
    const clock = new ManualClock(0);
    const app = appBehind(standIns.shell('osascript', 'exec sleep 1000'), clock);
    const sending = app.sendText(CHAT, 'hi');
    await standIns.written('pids');
    // All in one turn: its end has not reached us when the second grace is over.
    clock.advance(34_000);
    expect(await sending).toMatchObject({ outcome: 'uncertain', disposition: 'still_in_flight' });
    await vi.waitFor(() => expect(app.isStuck()).toBe(false));
    await gone(Number(standIns.lines('pids')[0]));
  });

  it('is told by isStuck for as long', async () => {
    const clock = new ManualClock(0);
    const app = appBehind(standIns.shell('osascript', 'exec sleep 1000'), clock);
    const seen: boolean[] = [];
    const sending = app.sendText(CHAT, 'hi').then(() => seen.push(app.isStuck()));
    await standIns.written('pids');
    clock.advance(34_000);
    seen.push(app.isStuck());
    await sending;
    expect(seen[0]).toBe(true);
    await vi.waitFor(() => expect(app.isStuck()).toBe(false));
  });
});

describe('sendFile', () => {
  it('hands over the path in argv, to a script of its own', async () => {
    const app = appBehind(standIns.node('osascript', RECORDER));
    const path = '/Users/x/Library/Messages/Attachments/Blueline/1/a "b" ü.png';
    expect(await app.sendFile(CHAT, path)).toEqual({ outcome: 'accepted' });
    const call = recorded();
    expect(call.argv).toEqual(['-l', 'AppleScript', '-', 'chat', 'any;-;+15551234567', '-', path]);
    expect(call.stdin.startsWith('-- blueline send-file 1\n')).toBe(true);
  });
});

describe('relaunch', () => {
  it.each([
    ['ok', 'echo ok', true],
    ['a failure', 'echo "(-1712)" >&2; exit 1', false],
    ['no answer in time', 'exec sleep 1000', false],
  ])('tells %s', async (_name, body, isDone) => {
    const clock = new ManualClock(0);
    const app = appBehind(standIns.shell('osascript', `cat > "$HERE/script"; ${body}`), clock);
    const relaunching = app.relaunch();
    await standIns.written('pids');
    const turns = setInterval(() => clock.advance(10_000), 100);
    expect(await relaunching).toBe(isDone);
    clearInterval(turns);
    expect(standIns.read('script')).toMatch(/^-- blueline relaunch 1\n/u);
  });

  it('does nothing where there is neither a Mac nor a stand-in', async () => {
    const app = createMessagesApp({ osascript: null, platform: 'linux', clock: systemClock(), log });
    expect(await app.relaunch()).toBe(false);
  });
});

describe('poke', () => {
  it.each([
    ['ok', 'echo ok', true],
    ['that Messages is not there', 'echo "(-600)" >&2; exit 1', false],
  ])('tells %s', async (_name, body, isAnswered) => {
    const app = appBehind(standIns.shell('osascript', `cat > "$HERE/script"; ${body}`));
    expect(await app.poke()).toBe(isAnswered);
    expect(standIns.read('script')).toMatch(/^-- blueline poke 1\n/u);
  });
});

describe('probe', () => {
  it('reads whether Messages runs and its accounts, and passes no argument', async () => {
    const report =
      'running: true\\naccount: A-1\\tiMessage\\ttrue\\tconnected\\naccount: B-2\\tSMS\\tfalse\\tdisconnected\\n';
    const path = standIns.node(
      'osascript',
      `require('node:fs').writeFileSync(here + '/argv', process.argv.slice(2).join(' '));process.stdout.write('${report}')`,
    );
    expect(await appBehind(path).probe()).toEqual({
      state: 'running',
      accounts: [
        { id: 'A-1', serviceType: 'iMessage', enabled: true, connection: 'connected' },
        { id: 'B-2', serviceType: 'SMS', enabled: false, connection: 'disconnected' },
      ],
    });
    expect(standIns.read('argv')).toBe('-l AppleScript -');
  });

  it.each([
    ['running: false', 0, { state: 'not_running' }],
    ['', 0, { state: 'unknown', code: null }],
    ['execution error: nicht gestartet. (-600)', 1, { state: 'not_running' }],
    ['execution error: AppleEvent timed out. (-1712)', 1, { state: 'not_responding' }],
    ['execution error: Not authorized. (-1743)', 1, { state: 'denied', code: -1743 }],
    ['execution error: odd. (-10810)', 1, { state: 'unknown', code: -10810 }],
    ['broken', 1, { state: 'unknown', code: null }],
  ])('takes "%s" with exit %i as what it is', async (output, code, status) => {
    const path = standIns.shell('osascript', `echo '${output}'; echo '${output}' >&2; exit ${code}`);
    expect(await appBehind(path).probe()).toEqual(status);
  });

  it('says that Messages does not respond when no answer comes in 5 s', async () => {
    const clock = new ManualClock(0);
    const app = appBehind(standIns.shell('osascript', 'echo "running: true"; exec sleep 1000'), clock);
    const probing = app.probe();
    await standIns.written('pids');
    clock.advance(5_000);
    expect(await probing).toEqual({ state: 'not_responding' });
    await gone(Number(standIns.lines('pids')[0]));
  });
});
