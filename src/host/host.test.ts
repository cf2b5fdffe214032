import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../../test/support/cleanup.ts';
import { startMacTools, type MacTools } from '../../test/support/mac-tools.ts';
import { readClockOffset } from './clock-offset.ts';
import { readCodeIdentity } from './code-identity.ts';
import { createHost, type Host } from './host.ts';
import { hasGuiSession, readJob } from './launchd-job.ts';
import { readMachine, readPower } from './machine.ts';
import { readMessagesProcesses } from './messages-processes.ts';

let tools: MacTools;
let host: Host;
beforeEach(() => {
  tools = startMacTools();
  host = createHost({ tools: tools.folder, platform: 'linux', environment: {} });
});
afterEach(cleanUp);

describe('the host', () => {
  it('calls the tools of macOS by their full paths, and none where there is no Mac', async () => {
    const elsewhere = createHost({ tools: null, platform: 'linux', environment: {} });
    expect([elsewhere.isMac, elsewhere.path('launchctl')]).toEqual([false, '/bin/launchctl']);
    expect(await elsewhere.run('sw_vers', [])).toEqual({ end: 'missing' });
    expect(createHost({ tools: null, platform: 'darwin', environment: {} }).isMac).toBe(true);
  });

  it('tells how a tool ended: its code, that it is not there, that it took too long', async () => {
    tools.answer('csrutil', 'half', { code: 3, stderr: 'no' });
    expect(await host.run('csrutil', ['x'])).toEqual({
      end: 'exited',
      code: 3,
      stdout: 'half',
      stderr: 'no',
    });
    const none = createHost({ tools: join(tools.folder, 'none'), platform: 'linux', environment: {} });
    expect(await none.run('csrutil', [])).toEqual({ end: 'missing' });
    writeFileSync(join(tools.folder, 'sntp'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    expect(await host.run('sntp', [], { timeoutMs: 200 })).toEqual({ end: 'timed_out' });
  });
});

describe('the machine', () => {
  it('is read from what macOS prints', async () => {
    expect(await readMachine(host)).toEqual({
      productVersion: '15.6',
      build: '24G84',
      isSipOn: true,
      isFileVaultOn: false,
      hasAutoLogin: true,
      installsUpdates: false,
    });
    expect(await readPower(host)).toEqual({
      sleepMinutes: 0,
      isHeldAwake: true,
      restartsAfterPowerFailure: true,
    });
    expect(await readClockOffset(host)).toBeCloseTo(0.003_423);
  });

  it('says that it does not know rather than guess', async () => {
    const none = createHost({ tools: join(tools.folder, 'none'), platform: 'linux', environment: {} });
    const unknown = { productVersion: null, build: null, isSipOn: null, isFileVaultOn: null };
    expect(await readMachine(none)).toEqual({ ...unknown, hasAutoLogin: null, installsUpdates: null });
    expect(await readPower(none)).toEqual({
      sleepMinutes: null,
      isHeldAwake: null,
      restartsAfterPowerFailure: null,
    });
    expect(await readClockOffset(none)).toBeNull();
    expect(await readMessagesProcesses(none, 501)).toBeNull();
    expect(await hasGuiSession(none, 501)).toBeNull();
  });

  it('knows Messages of this user by number and age', async () => {
    expect(await readMessagesProcesses(host, 501)).toEqual({ count: 1, since: '02-11:04:05' });
    expect(tools.calls('pgrep')).toEqual(['pgrep -u 501 -x Messages']);
    tools.answer('pgrep', '', { code: 1 });
    expect(await readMessagesProcesses(host, 501)).toEqual({ count: 0, since: null });
  });
});

describe('a job of launchd', () => {
  it('is not loaded, or has no session to be loaded in', async () => {
    expect(await readJob(host, 'gui/501/dev.blueline.bridge')).toEqual({ state: 'not_loaded' });
    expect(await hasGuiSession(host, 501)).toBe(true);
    tools.setSession(false);
    expect(await readJob(host, 'gui/501/dev.blueline.bridge')).toEqual({ state: 'no_session' });
    expect(await hasGuiSession(host, 501)).toBe(false);
  });

  it('is read one tab deep: what lies deeper is of other things', async () => {
    // The shape that macOS 15 prints.
    const printed =
      'gui/501/dev.blueline.bridge = {\n\tactive count = 1\n\tpath = /Users/x/Library/LaunchAgents/dev.blueline.bridge.plist\n' +
      '\ttype = LaunchAgent\n\tstate = running\n\n\tenvironment = {\n\t\tpid = 7\n\t\tstate = odd\n\t}\n\n\truns = 3\n\tpid = 812\n' +
      '\timmediate reason = inefficient\n\tlast exit code = 1\n\tspawn type = interactive (4)\n}\n';
    writeFileSync(join(tools.folder, 'launchctl'), `#!/bin/sh\ncat <<'X'\n${printed}X\n`, { mode: 0o755 });
    expect(await readJob(host, 'gui/501/dev.blueline.bridge')).toEqual({
      state: 'loaded',
      status: 'running',
      pid: 812,
      runs: 3,
      lastExit: '1',
      reason: 'inefficient',
      path: '/Users/x/Library/LaunchAgents/dev.blueline.bridge.plist',
    });
  });
});

describe('the identity of a program', () => {
  it('is its resolved path and the team of its signature', async () => {
    const cellar = join(tools.folder, 'Cellar/node/26.10.0/bin');
    mkdirSync(cellar, { recursive: true });
    writeFileSync(join(cellar, 'node'), '');
    symlinkSync(join(cellar, 'node'), join(tools.folder, 'node'));
    expect(await readCodeIdentity(host, join(tools.folder, 'node'))).toEqual({
      realPath: join(cellar, 'node'),
      isLinked: true,
      isVersionedPlace: true,
      team: 'HX7739G8FX',
      isNodeTeam: true,
      isAdHoc: false,
    });
    tools.answer('codesign', '', { stderr: 'Identifier=node\nSignature=adhoc\nTeamIdentifier=not set\n' });
    expect(await readCodeIdentity(host, '/bin/sh')).toMatchObject({
      team: null,
      isNodeTeam: false,
      isAdHoc: true,
    });
  });
});
