import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  /** The user's graphical session is there, or not. */
  setSession(isThere: boolean): void;
}

/** Goes with the test, with every agent that launchd still runs. */
export function startMacTools(): MacTools {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-tools-'));
  const answers = join(folder, 'answers');
  const calls = join(folder, 'calls');
  mkdirSync(answers);
  writeFileSync(calls, '');
  const tool = (name: string, body: string) => {
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\nHERE='${folder}'\nset -- ${name} "$@"\necho "$*" >> "$HERE/calls"\n${body}\n`,
    );
    chmodSync(join(folder, name), 0o755);
  };
  const names = new Set(Object.keys(ANSWERS).map((call) => call.split(' ')[0] ?? ''));
  for (const name of names) {
    tool(
      name,
      `file="$HERE/answers/$(echo "$*" | tr '/' '_')"
[ -f "$file" ] || file="$HERE/answers/$1"
[ -f "$file" ] || exit 1
cat "$file"
[ ! -f "$file.err" ] || cat "$file.err" >&2
[ ! -f "$file.code" ] || exit "$(cat "$file.code")"`,
    );
  }
  tool('launchctl', `shift\nexec '${process.execPath}' '${LAUNCHCTL}' "$HERE" "$@"`);
  const mac: MacTools = {
    folder,
    calls: (name) =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && (name === undefined || line.startsWith(`${name} `) || line === name)),
    forgetCalls: () => writeFileSync(calls, ''),
    answer: (call, stdout, { code = 0, stderr = '' } = {}) => {
      const file = join(answers, call.replaceAll('/', '_'));
      writeFileSync(file, stdout);
      writeFileSync(`${file}.err`, stderr);
      writeFileSync(`${file}.code`, String(code));
    },
    setSession: (isThere) =>
      isThere ? rmSync(join(folder, 'no-session'), { force: true }) : writeFileSync(join(folder, 'no-session'), ''),
  };
  Object.entries(ANSWERS).forEach(([call, stdout]) => mac.answer(call, stdout));
  mac.answer('codesign', '', { stderr: CODESIGN });
  atEnd(() => {
    if (existsSync(join(folder, 'dev.blueline.bridge.json'))) {
      spawnSync(join(folder, 'launchctl'), ['bootout', 'gui/0/dev.blueline.bridge']);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return mac;
}
