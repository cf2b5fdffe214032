import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type as typeLine } from '../src/cli/test-terminal.ts';
import { cleanUp } from './support/cleanup.ts';
import { codeOf, filesIn, LABEL, planSchema } from './support/installation.ts';
import { startMac, type Mac } from './support/mac.ts';
import { startMacTools, type MacTools } from './support/mac-tools.ts';
import { KIM } from './support/message.ts';

const ROOT = join(import.meta.dirname, '..');
const VERSION = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).version;
const UID = process.getuid?.() ?? 0;
const JOB = `gui/${UID}/${LABEL}`;
const SECRET_TEXT = 'the word is heliotrope';

describe('an installation, with stand-ins for the tools of macOS', { timeout: 180_000 }, () => {
  let mac: Mac;
  let tools: MacTools;
  let home = '';
  let data = '';
  let environment: Record<string, string> = {};
  /** As a folder that `npm run build` made, of another version. */
  const versions = new Map<string, string>();

  beforeAll(async () => {
    mac = await startMac();
    tools = startMacTools();
    home = mkdtempSync(join(tmpdir(), 'blueline-installed-'));
    data = join(home, 'Library/Application Support/Blueline');
    environment = { HOME: home, BLUELINE_HOME: data, BLUELINE_LISTEN_SECRET: 'whsec_x' };
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writeFileSync(
      join(data, 'config.yaml'),
      [
        'messages:',
        `  db: ${mac.database}`,
        `  osascript: ${mac.osascript}`,
        'http: { port: 0 }',
        'limits: { preset: off }',
        'lines: { card_name: Heliotrope Inc }',
        `mac: { tools: ${tools.folder} }`,
        '',
      ].join('\n'),
      { mode: 0o600 },
    );
  }, 60_000);
  afterAll(async () => {
    await cleanUp();
    rmSync(home, { recursive: true, force: true });
    for (const folder of versions.values()) {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  const blueline = (...argv: string[]) => typeLine(argv, environment);
  const inHome = (path: string) => join(home, path);
  const app = () => inHome('Applications/Blueline/app');
  /** What launchd was told to do; what it was asked does not count. */
  const launchctl = () =>
    tools.calls('launchctl').filter((call) => !/^launchctl (?:print|managername)\b/u.test(call));
  const jobSchema = z.looseObject({ state: z.string(), pid: z.int().nullable(), runs: z.int() });
  const status = async () =>
    z
      .looseObject({ version: z.string(), status: z.string(), agent: jobSchema })
      .parse(JSON.parse((await blueline('status')).stdout));
  const installedVersion = () => {
    const { stdout } = spawnSync(inHome('Applications/Blueline/blueline'), ['--version'], {
      encoding: 'utf8',
    });
    return stdout.trim();
  };
  /** Of the program and of launchd: what runs writes its data, its log and its cache besides. */
  const programFiles = () =>
    filesIn(home).filter(
      (path) => !/^Library\/(?:Application Support\/Blueline|Logs\/blueline|Caches\/blueline)\//u.test(path),
    );

  /** A folder that passes for a built version, as little of one as it takes. */
  function makeVersion(version: string, node: string): string {
    const folder = mkdtempSync(join(tmpdir(), `blueline-${version}-`));
    versions.set(version, folder);
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/main.ts'), '');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'blueline', version }));
    writeFileSync(join(folder, 'bin/node'), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
    return folder;
  }

  it('installs: exactly the files and the calls that the plan has told, and an agent that answers', async () => {
    const plan = planSchema.parse(JSON.parse((await blueline('install', '--dry-run')).stdout));
    const installed = await blueline('install');
    expect(installed, installed.stderr).toMatchObject({ exit: 0 });
    // The agent has no use for it, and config.yaml no key.
    expect(installed.stderr).not.toContain('BLUELINE_LISTEN_SECRET');
    const planned = [...plan.steps.prepare, ...plan.steps.swap];
    expect(launchctl()).toEqual(
      planned.flatMap(({ command }) =>
        command?.[0] === join(tools.folder, 'launchctl')
          ? [['launchctl', ...command.slice(1)].join(' ')]
          : [],
      ),
    );
    expect(launchctl()).toEqual([
      `launchctl bootout ${JOB}`,
      `launchctl enable ${JOB}`,
      `launchctl bootstrap gui/${UID} ${plan.plist.path}`,
    ]);
    const copied = planned.find((step) => step.do === 'copy_app')?.files ?? [];
    const written = planned.flatMap((step) => (step.do === 'write' ? [relative(home, step.path ?? '')] : []));
    expect(programFiles()).toEqual(
      [...copied.map(({ to }) => join('Applications/Blueline/app', to)), ...written].toSorted(),
    );
    expect(readFileSync(plan.plist.path, 'utf8')).toBe(plan.plist.xml);
    expect(statSync(plan.plist.path).mode & 0o777).toBe(0o644);
    expect(
      z.looseObject({ left_to_do: z.array(z.unknown()) }).parse(JSON.parse(installed.stdout)).left_to_do,
    ).toEqual([]);
    expect(await status()).toMatchObject({ version: VERSION, agent: { state: 'loaded', runs: 1 } });
    expect(installedVersion()).toBe(VERSION);
  });

  it('does it again, also after an installation that was cut off: the same files', async () => {
    const before = programFiles();
    // The moment in which the version before has been taken away, and the new one not put there.
    renameSync(app(), `${app()}.old`);
    tools.forgetCalls();
    expect(await blueline('install')).toMatchObject({ exit: 0 });
    expect(programFiles()).toEqual(before);
    expect(launchctl().map((call) => call.split(' ')[1])).toEqual(['bootout', 'enable', 'bootstrap']);
    expect(existsSync(join(data, 'before-upgrade.db'))).toBe(false);
  });

  it('starts again after a crash, and says so', async () => {
    const { agent } = await status();
    process.kill(agent.pid ?? 0, 'SIGKILL');
    await vi.waitFor(async () => expect((await status()).agent).toMatchObject({ state: 'loaded', runs: 2 }), {
      timeout: 30_000,
      interval: 200,
    });
    const doctor = await blueline('doctor');
    const { asked, checks } = z
      .looseObject({
        asked: z.string(),
        checks: z.array(z.looseObject({ id: z.string(), status: z.string() })),
      })
      .parse(JSON.parse(doctor.stdout));
    expect(asked).toBe('agent');
    expect(checks.find(({ id }) => id === 'agent')).toMatchObject({
      status: 'warn',
      evidence: expect.stringMatching(
        /^It has crashed before: running as process \d+, started 2 times, last exit \(signal\) SIGKILL/u,
      ),
    });
  });

  it('sends a test text and tells of each rung', async () => {
    await mac.command({ command: 'text', args: { from: KIM, text: SECRET_TEXT } });
    await mac.command({ command: 'person', args: { handle: KIM, behaviour: { readsAfterMs: 50 } } });
    const tested = await blueline('doctor', '--send-test', KIM, '--for', '20');
    const { send_test: rungs } = z
      .looseObject({ send_test: z.array(z.looseObject({ rung: z.string(), status: z.string() })) })
      .parse(JSON.parse(tested.stdout));
    expect(rungs.map(({ rung, status }) => `${rung} ${status}`)).toEqual([
      'accepted ok',
      'sending ok',
      'dispatched ok',
      'sent ok',
      'delivered ok',
      'read ok',
    ]);
  });

  it('puts the version before back where a new one does not come up', async () => {
    const broken = makeVersion(
      '9.9.9',
      'case "$*" in *--version) echo 9.9.9 ;; *) echo this version is broken >&2; exit 1 ;; esac',
    );
    const before = programFiles();
    const { agent } = await status();
    tools.forgetCalls();
    const upgrade = await blueline('upgrade', '--from', broken);
    expect(upgrade.exit).toBe(1);
    expect(codeOf(upgrade)).toMatchObject({ code: 'rolled_back' });
    expect(launchctl().map((call) => call.split(' ')[1])).toEqual([
      'bootout',
      'enable',
      'bootstrap',
      'bootout',
      'enable',
      'bootstrap',
    ]);
    expect(programFiles()).toEqual(before);
    expect(existsSync(join(data, 'before-upgrade.db'))).toBe(false);
    const now = await status();
    expect(now).toMatchObject({ version: VERSION, agent: { state: 'loaded', runs: 1 } });
    expect(now.agent.pid).not.toBe(agent.pid);
    expect(installedVersion()).toBe(VERSION);
    const crash = await blueline('logs', '--crash');
    expect(crash.stdout).toContain('this version is broken');
  });

  it('does not touch what is installed where a new version does not even run', async () => {
    const dead = makeVersion('9.9.8', 'exit 3');
    const before = programFiles();
    const { agent } = await status();
    tools.forgetCalls();
    const upgrade = await blueline('upgrade', '--from', dead);
    expect([upgrade.exit, codeOf(upgrade).code]).toEqual([1, 'version_does_not_run']);
    expect(launchctl()).toEqual([]);
    expect(programFiles()).toEqual(before);
    expect((await status()).agent.pid).toBe(agent.pid);
  });

  it('says what launchd says where no daemon answers, and starts it again', async () => {
    spawnSync(join(tools.folder, 'launchctl'), ['bootout', JOB]);
    const down = await blueline('status');
    expect(down.exit).toBe(6);
    expect(codeOf(down)).toMatchObject({
      code: 'daemon_unreachable',
      message: expect.stringContaining('launchd says of the agent: not loaded'),
    });
    expect(await blueline('restart')).toMatchObject({ exit: 0 });
    expect((await status()).agent).toMatchObject({ state: 'loaded', runs: 1 });
  });

  it('restarts, and changes what the log tells while it runs', async () => {
    const { agent } = await status();
    tools.forgetCalls();
    expect(await blueline('restart')).toMatchObject({ exit: 0 });
    expect(launchctl()).toEqual([`launchctl kickstart -k ${JOB}`]);
    expect((await status()).agent).toMatchObject({ state: 'loaded', runs: 2 });
    expect((await status()).agent.pid).not.toBe(agent.pid);
    expect(await blueline('logs', '--level', 'debug', '--for', '5')).toMatchObject({ exit: 0 });
    await mac.command({ command: 'text', args: { from: KIM, text: SECRET_TEXT } });
    await blueline('messages');
    await vi.waitFor(
      async () => expect((await blueline('logs', '-n', '200')).stdout).toContain('"level":"debug"'),
      {
        timeout: 10_000,
        interval: 100,
      },
    );
    const log = await blueline('logs', '-n', '10000');
    expect(log.stdout).toContain('The level of the log changed');
    expect(log.stdout).not.toContain(SECRET_TEXT);
    expect(log.stdout).not.toContain(KIM);
  });

  it('packs a bundle without texts, addresses and keys', async () => {
    const out = join(home, 'bundle.tar.gz');
    const packed = await blueline('support-bundle', '--out', out);
    expect(packed, packed.stderr).toMatchObject({ exit: 0 });
    const { contains, missing } = z
      .looseObject({ contains: z.array(z.string()), missing: z.array(z.string()) })
      .parse(JSON.parse(packed.stdout));
    expect(missing).toEqual([]);
    expect(contains).toEqual(
      expect.arrayContaining([
        'doctor.json',
        'health.json',
        'config.yaml',
        'agent.plist',
        'store.json',
        'logs/blueline.log',
      ]),
    );
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const { stdout: all } = spawnSync('tar', ['-xzOf', out], { encoding: 'utf8', maxBuffer: 100_000_000 });
    expect(all.length).toBeGreaterThan(1_000);
    const key = readFileSync(join(data, 'cli.key'), 'utf8').trim();
    for (const secret of [KIM, SECRET_TEXT, key, home, 'Heliotrope']) {
      expect(all, secret).not.toContain(secret);
    }
    rmSync(out);
  });

  it('uninstalls: the data and the logs stay, until they are to go as well', async () => {
    tools.forgetCalls();
    expect(await blueline('uninstall')).toMatchObject({ exit: 0 });
    expect(launchctl()).toEqual([`launchctl bootout ${JOB}`]);
    expect(programFiles()).toEqual([]);
    expect(existsSync(inHome('Library/Caches/blueline'))).toBe(false);
    expect(existsSync(join(data, 'blueline.db'))).toBe(true);
    expect(existsSync(inHome('Library/Logs/blueline/blueline.log'))).toBe(true);
    const doctor = await blueline('doctor');
    expect(doctor.exit).toBe(6);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ asked: 'command', ok: false });
    tools.setSession(false);
    const refused = await blueline('install');
    expect([refused.exit, codeOf(refused).code]).toEqual([6, 'no_gui_session']);
    tools.setSession(true);

    expect(await blueline('uninstall', '--purge')).toMatchObject({ exit: 0 });
    expect(filesIn(home)).toEqual([]);
    expect(existsSync(data)).toBe(false);
  });
});
