import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'plist';
import { describe, expect, it } from 'vitest';
import { type as typeLine } from '../src/cli/test-terminal.ts';
import { codeOf, filesIn, LABEL, planSchema } from './support/installation.ts';

describe('blueline install --dry-run', () => {
  it('prints the plan and the LaunchAgent anywhere, does nothing, and asks for what macOS needs', async () => {
    const home = mkdtempSync(join(tmpdir(), 'blueline-dry-'));
    const data = join(home, 'data & more');
    const environment = { HOME: home, BLUELINE_HOME: data };
    const text = await typeLine(['install', '--dry-run'], environment, { isTTY: true });
    expect(text).toMatchObject({ exit: 0, stderr: '' });
    expect(text.stdout).toMatch(/run {6}\/bin\/launchctl bootstrap gui\/\d+ /u);
    expect(text.stdout).toContain('Privacy_AllFiles');
    expect(text.stdout).toContain('<key>LimitLoadToSessionType</key>');

    const json = await typeLine(['install', '--dry-run'], environment);
    const { plist, steps, left_to_do: left } = planSchema.parse(JSON.parse(json.stdout));
    const app = join(home, 'Applications/Blueline/app');
    const logs = join(home, 'Library/Logs/blueline');
    // The table of launchd keys that an Aqua agent needs, key by key.
    expect(parse(plist.xml)).toEqual({
      Label: LABEL,
      ProgramArguments: [`${app}/bin/node`, `${app}/src/main.ts`, 'run', '--log-folder', logs],
      WorkingDirectory: data,
      LimitLoadToSessionType: 'Aqua',
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ProcessType: 'Interactive',
      ExitTimeOut: 30,
      Umask: 0o077,
      SoftResourceLimits: { NumberOfFiles: 4096 },
      EnvironmentVariables: {
        BLUELINE_HOME: data,
        HOME: home,
        LANG: 'en_US.UTF-8',
        NODE_COMPILE_CACHE: join(home, 'Library/Caches/blueline'),
        NODE_ENV: 'production',
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      },
      StandardOutPath: `${logs}/crash.log`,
      StandardErrorPath: `${logs}/crash.log`,
    });
    // What is left out has its reason beside it.
    expect(plist.xml).toMatch(/<!--[^>]*No AssociatedBundleIdentifiers:/u);
    expect(plist.xml).toMatch(/<!--[^>]*`Crashed` adds nothing/u);
    expect(left.map(({ check }) => check)).toEqual(['full_disk_access', 'automation', 'auto_login', 'sleep']);
    expect(left.every(({ pane }) => pane?.startsWith('x-apple.systempreferences:') === true)).toBe(true);
    const files = steps.prepare.find((step) => step.do === 'copy_app')?.files?.map(({ to }) => to) ?? [];
    expect(files).toEqual(expect.arrayContaining(['bin/node', 'src/main.ts', 'package.json']));
    expect(
      files.filter((file) =>
        /^src\/.*\.test\.ts$|^node_modules\/(?:vitest|typescript|oxlint|knip)\//u.test(file),
      ),
    ).toEqual([]);
    expect(filesIn(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  // On a Mac it would install.
  it.runIf(process.platform !== 'darwin')('refuses to install where there is no Mac', async () => {
    const home = mkdtempSync(join(tmpdir(), 'blueline-dry-'));
    const refused = await typeLine(['install'], { HOME: home, BLUELINE_HOME: join(home, 'data') });
    expect(refused.exit).toBe(6);
    expect(codeOf(refused).code).toBe('not_a_mac');
    expect(filesIn(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });
});
