import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';

const LAUNCHCTL = join(import.meta.dirname, 'launchctl.ts');

/** What each tool of a well set up mini prints, in the words of macOS 15. */
const ANSWERS = {
  sw_vers: 'ProductName:\t\tmacOS\nProductVersion:\t\t15.6\nBuildVersion:\t\t24G84\n',
  'csrutil status': 'System Integrity Protection status: enabled.\n',
  'fdesetup status': 'FileVault is Off.\n',
  'defaults read /Library/Preferences/com.apple.loginwindow autoLoginUser': 'line\n',
  'defaults read /Library/Preferences/com.apple.SoftwareUpdate AutomaticallyInstallMacOSUpdates': '0\n',
  'pmset -g':
    'System-wide power settings:\nCurrently in use:\n standby              0\n autorestart          1\n powernap             0\n disksleep            0\n sleep                0 (sleep prevented by caffeinate)\n womp                 1\n',
  'pmset -g assertions':
    'Assertion status system-wide:\n   BackgroundTask                 0\n   PreventUserIdleSystemSleep     1\n   PreventSystemSleep             0\n',
  codesign: '',
  pgrep: '4711\n',
  ps: '02-11:04:05\n',
  open: '',
  pkill: '',
  sntp: '+0.003423 +/- 0.012034 time.apple.com 17.253.52.125\n',
} as const;

const CODESIGN = 'Executable=/x/node\nIdentifier=node\nTeamIdentifier=HX7739G8FX\nSealed Resources=none\n';

/** Stand-ins for macOS's own tools, in a folder of their own; each writes down how it was called. */
export interface MacTools {
  readonly folder: string;
  /** How the tools were called, in order: `launchctl print gui/0`. */
  calls(tool?: string): readonly string[];
  forgetCalls(): void;
  /** What a tool answers from now on: to one command line, or to any by its name alone. */
  answer(call: string, stdout: string, end?: { readonly code?: number; readonly stderr?: string }): void;
  /** What `caffeinate` does from now on, the one that runs included; `null`: what it should. */
  hold(body: string | null): void;
  /** The user's graphical session is there, or not. */
  setSession(isThere: boolean): void;
}

/** Goes with the test, with every agent that launchd still runs. */
export function startMacTools(): MacTools {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-tools-'));
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const tool = (name: string, body: string) => {
    const head = `#!/bin/sh\nHERE='${folder}'\nset -- ${name} "$@"\necho "$*" >> "$HERE/calls"\n`;
    writeFileSync(join(folder, name), `${head}${body}\n`, { mode: 0o755 });
  };
  const answers = new Map<string, string>();
  /** Each tool holds its answers itself: a shell that starts nothing else is soon done. */
  const answer: MacTools['answer'] = (call, stdout, { code = 0, stderr = '' } = {}) => {
    const [name = ''] = call.split(' ');
    answers.set(call, `printf %s ${quoted(stdout)}; printf %s ${quoted(stderr)} >&2; exit ${code}`);
    const cases = [...answers]
      .filter(([known]) => known === name || known.startsWith(`${name} `))
      // The name alone stands for every other call.
      .toSorted(([a], [b]) => b.length - a.length)
      .map(([known, body]) => `${known === name ? '*' : quoted(known)}) ${body} ;;`);
    tool(name, `case "$*" in\n${cases.join('\n')}\nesac\nexit 1`);
  };
  tool(
    'launchctl',
    `shift
case "$1" in
  enable) exit 0 ;;
  managername) echo Aqua ;;
  print)
    if [ -f "$HERE/no-session" ]; then
      echo 'Domain does not support specified action' >&2
      exit 125
    fi
    label="$(echo "$2" | cut -d / -f 3)"
    [ -n "$label" ] || { echo "$2 = {"; exit 0; }
    [ -f "$HERE/$label.print" ] || { echo "Could not find service" >&2; exit 113; }
    cat "$HERE/$label.print" ;;
  *) exec '${process.execPath}' '${LAUNCHCTL}' "$HERE" "$@" ;;
esac`,
  );
  // As `-w` has it: until the process of that number is gone.
  const untilGone = 'while kill -0 "$6" 2>/dev/null; do sleep 0.2; done';
  const held = join(folder, 'held');
  const hold = (body: string | null) => {
    tool('caffeinate', `echo $$ > "$HERE/held"\n${body ?? untilGone}`);
    if (existsSync(held)) {
      try {
        process.kill(Number(readFileSync(held, 'utf8')), 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
  };
  hold(null);
  const mac: MacTools = {
    folder,
    calls: (name) =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter(
          (line) => line !== '' && (name === undefined || line.startsWith(`${name} `) || line === name),
        ),
    forgetCalls: () => writeFileSync(calls, ''),
    answer,
    hold,
    setSession: (isThere) =>
      isThere
        ? rmSync(join(folder, 'no-session'), { force: true })
        : writeFileSync(join(folder, 'no-session'), ''),
  };
  Object.entries(ANSWERS).forEach(([call, stdout]) => answer(call, stdout));
  answer('codesign', '', { stderr: CODESIGN });
  atEnd(() => {
    if (existsSync(join(folder, 'dev.blueline.bridge.json'))) {
      spawnSync(join(folder, 'launchctl'), ['bootout', 'gui/0/dev.blueline.bridge']);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return mac;
}

/** As a shell takes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
