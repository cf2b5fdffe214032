import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atEnd, cleanUp } from '../../test/support/cleanup.ts';
import { startMacTools, type MacTools } from '../../test/support/mac-tools.ts';
import { createHost } from '../host/index.ts';
import type { AppStatus } from '../messages-app/index.ts';
import { createMessagesSource } from '../messages-db/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { ChatDbWriter, createChatDb } from '../simulator/index.ts';
import type { Check, DoctorDeps } from './check.ts';
import { createDoctor } from './doctor.ts';

const NOW = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const ACCOUNT = { id: 'A', serviceType: 'iMessage', enabled: true, connection: 'connected' };

/** A Mac on which everything is as it should be, until a test says otherwise. */
class Mini {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-doctor-'));
  readonly tools: MacTools = startMacTools();
  readonly messages = join(this.folder, 'Messages');
  readonly data = join(this.folder, 'data');
  readonly logs = join(this.folder, 'logs');
  readonly database = join(this.messages, 'chat.db');
  readonly clock = new ManualClock(NOW);
  app: AppStatus = { state: 'running', accounts: [ACCOUNT] };
  node = '/opt/blueline/bin/node';
  asked: DoctorDeps['asked'] = 'agent';
  read: DoctorDeps['read'] | null = null;
  warnings: ReturnType<DoctorDeps['warnings']> = [];

  constructor() {
    [this.messages, this.data, this.logs].forEach((path) => mkdirSync(path));
    writeFileSync(join(this.logs, 'blueline.log'), 'x');
    this.receive(NOW - 60_000);
    this.runAgent('running', 1, '(never exited)');
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** A database with one message, of that date. */
  receive(at: number): void {
    rmSync(this.database, { force: true });
    const db = createChatDb(this.database, '15');
    const writer = new ChatDbWriter(db, { era: '15', line: '+15550009999', now: () => at });
    const chat = writer.ensureChat({ style: 'direct', handle: '+15550001111' });
    writer.insertIncoming({ chat, from: '+15550001111', text: 'secret words' });
    db.close();
  }

  /** What launchd says of the agent. */
  runAgent(state: string, runs: number, lastExit: string): void {
    const pid = state === 'running' ? '\tpid = 7\n' : '';
    const printed = `x = {\n\tstate = ${state}\n\truns = ${runs}\n${pid}\tlast exit code = ${lastExit}\n}\n`;
    this.startedIn('Aqua');
    const body = `[ "$1" != managername ] || { cat '${this.folder}/manager'; exit 0; }\ncat <<'X'\n${printed}X\n`;
    writeFileSync(join(this.tools.folder, 'launchctl'), `#!/bin/sh\n${body}`, { mode: 0o755 });
  }

  /** The session that the daemon was started in. */
  startedIn(name: string): void {
    writeFileSync(join(this.folder, 'manager'), name);
  }

  launchctlSays(code: number, words: string): void {
    const body = `#!/bin/sh\necho '${words}' >&2\nexit ${code}\n`;
    writeFileSync(join(this.tools.folder, 'launchctl'), body, { mode: 0o755 });
  }

  deps(): DoctorDeps {
    const source = createMessagesSource(this.database);
    atEnd(() => source.close());
    return {
      asked: this.asked,
      host: createHost({ tools: this.tools.folder, platform: 'linux', environment: {} }),
      clock: this.clock,
      uid: 501,
      label: 'dev.blueline.bridge',
      node: this.node,
      dataFolder: this.data,
      logFolder: this.logs,
      logBytes: 1_000,
      database: this.database,
      read: this.read ?? ((query) => source.use(query)),
      app: () => Promise.resolve(this.app),
      warnings: () => this.warnings,
    };
  }

  look(): Promise<readonly Check[]> {
    return createDoctor(this.deps()).look();
  }
}

let mini: Mini;
beforeEach(() => {
  mini = new Mini();
});
afterEach(cleanUp);

/** What `fs` throws where macOS keeps a program out; no Linux says so for these files. */
function refusal(code: string): () => never {
  return () => {
    throw Object.assign(new Error('x'), { code });
  };
}

const CAUSES: readonly (readonly [
  id: string,
  status: Check['status'],
  cause: (mini: Mini) => void,
  evidence: RegExp,
])[] = [
  ['macos', 'warn', (m) => m.tools.answer('sw_vers', 'ProductVersion:\t12.7\n'), /macOS 12\.7/u],
  ['macos', 'warn', (m) => m.tools.answer('sw_vers', '', { code: 1 }), /does not tell/u],
  [
    'node',
    'warn',
    (m) => void (m.node = '/opt/homebrew/Cellar/node/26.10.0/bin/node'),
    /update of Node takes/u,
  ],
  ['node', 'warn', (m) => m.tools.answer('codesign', '', { stderr: 'TeamIdentifier=not set' }), /no team/u],
  ['gui_session', 'fail', (m) => m.launchctlSays(125, 'Domain does not support'), /gui\/501 is not there/u],
  ['gui_session', 'fail', (m) => m.startedIn('Background'), /started outside of it \(in Background\)/u],
  ['agent', 'fail', (m) => m.launchctlSays(125, 'Domain does not support'), /no graphical session/u],
  ['agent', 'warn', (m) => m.launchctlSays(113, 'Could not find service'), /does not know it/u],
  ['agent', 'warn', (m) => m.launchctlSays(64, 'what?'), /ended with 64/u],
  ['agent', 'warn', (m) => m.runAgent('running', 4, '1'), /started 4 times, last exit 1/u],
  ['agent', 'fail', (m) => m.runAgent('not running', 9, '78'), /does not run: not running, started 9 times/u],
  ['full_disk_access', 'fail', (m) => void (m.read = refusal('EPERM')), /macOS keeps .* out .*EPERM/u],
  ['full_disk_access', 'fail', (m) => void (m.read = refusal('EACCES')), /rights of .*EACCES/u],
  ['full_disk_access', 'fail', (m) => void (m.read = refusal('messages_db_unreadable')), /not opened/u],
  ['full_disk_access', 'fail', (m) => rmSync(m.messages, { recursive: true }), /nobody has signed in/u],
  ['full_disk_access', 'warn', (m) => void (m.read = refusal('messages_db_locked')), /messages_db_locked/u],
  ['signed_in', 'warn', emptyDatabase, /never held a message/u],
  ['chat_db', 'warn', (m) => writeFileSync(m.database, 'no database at all'), /cannot be read/u],
  ['chat_db', 'warn', largeWal, /WAL 300\.0 MB/u],
  ['messages_process', 'fail', (m) => m.tools.answer('pgrep', '', { code: 1 }), /not open/u],
  ['messages_process', 'warn', (m) => m.tools.answer('pgrep', '1\n2\n'), /2 of it/u],
  ['messages_process', 'warn', (m) => m.tools.answer('pgrep', '', { code: 3 }), /cannot be read/u],
  [
    'automation',
    'fail',
    (m) => void (m.app = { state: 'denied', code: -1743 }),
    /does not let the agent .*-1743/u,
  ],
  ['automation', 'fail', (m) => void (m.app = { state: 'denied', code: -1744 }), /nobody has answered/u],
  ['automation', 'fail', (m) => void (m.app = { state: 'not_responding' }), /does not answer/u],
  ['automation', 'fail', (m) => void (m.app = { state: 'unknown', code: -10810 }), /-10810/u],
  ['automation', 'warn', (m) => void (m.app = { state: 'not_running' }), /not open/u],
  ['accounts', 'fail', (m) => void (m.app = { state: 'running', accounts: [] }), /No account for iMessage/u],
  [
    'accounts',
    'warn',
    (m) => void (m.app = { state: 'running', accounts: [{ ...ACCOUNT, connection: 'connecting' }] }),
    /not connected/u,
  ],
  [
    'staging',
    'fail',
    (m) => writeFileSync(join(m.messages, 'Attachments'), ''),
    /cannot be written \(ENOTDIR/u,
  ],
  ['traffic', 'warn', (m) => m.receive(NOW - 9 * DAY_MS), /Last received 9 days ago/u],
  ['sleep', 'warn', (m) => m.tools.answer('pmset -g', ' sleep 10\n autorestart 1\n'), /sleeps after 10 min/u],
  ['sleep', 'warn', (m) => m.tools.answer('pmset -g', ' sleep 0\n autorestart 0\n'), /power failure/u],
  ['sleep', 'warn', (m) => m.tools.answer('pmset -g', '', { code: 1 }), /does not tell/u],
  [
    'auto_login',
    'warn',
    (m) => answerDefaults(m, 'loginwindow autoLoginUser', '', 1),
    /Nobody is logged in/u,
  ],
  [
    'filevault',
    'warn',
    (m) => m.tools.answer('fdesetup status', 'FileVault is On.\n'),
    /waits for a password/u,
  ],
  ['auto_update', 'warn', (m) => answerDefaults(m, UPDATES, '1\n', 0), /install themselves/u],
  ['auto_update', 'warn', (m) => answerDefaults(m, UPDATES, '', 1), /left to the system/u],
  ['clock', 'warn', (m) => m.tools.answer('sntp', '-3.2 +/- 0.1 x\n'), /3\.20 s ahead/u],
  ['clock', 'fail', (m) => m.tools.answer('sntp', '+3600.5 +/- 0.1 x\n'), /3600\.50 s behind/u],
  ['clock', 'warn', (m) => m.tools.answer('sntp', '', { code: 1 }), /No time server/u],
  [
    'data_folder',
    'fail',
    (m) => writeFileSync(join(m.data, 'cli.key'), '', { mode: 0o644 }),
    /can read cli\.key/u,
  ],
  ['log_volume', 'warn', (m) => appendFileSync(join(m.logs, 'other'), 'x'.repeat(3_000)), /2 files/u],
];

/** What would get in each other's way. */
const GROUPS: Readonly<Record<string, string>> = {
  full_disk_access: 'database',
  signed_in: 'database',
  chat_db: 'database',
  traffic: 'database',
  staging: 'database',
  gui_session: 'launchd',
  agent: 'launchd',
  automation: 'app',
  accounts: 'app',
};

/** The causes, as many at a time as leave each other alone. */
function rounds(): (typeof CAUSES)[number][][] {
  const all: (typeof CAUSES)[number][][] = [];
  const groupOf = (id: string) => GROUPS[id] ?? id;
  for (const cause of CAUSES) {
    const free = all.find((round) => round.every(([id]) => groupOf(id) !== groupOf(cause[0])));
    if (free === undefined) {
      all.push([cause]);
    } else {
      free.push(cause);
    }
  }
  return all;
}

const UPDATES = 'SoftwareUpdate AutomaticallyInstallMacOSUpdates';

function answerDefaults(m: Mini, key: string, stdout: string, code: number): void {
  m.tools.answer(`defaults read /Library/Preferences/com.apple.${key}`, stdout, { code });
}

function emptyDatabase(m: Mini): void {
  rmSync(m.database);
  createChatDb(m.database, '15').close();
}

function largeWal(m: Mini): void {
  const { read } = m;
  m.read = (query) => {
    const source = createMessagesSource(m.database);
    try {
      return source.use(query);
    } finally {
      source.close();
      writeFileSync(`${m.database}-wal`, '');
      truncateSync(`${m.database}-wal`, 300_000_000);
    }
  };
  expect(read).toBeNull();
}

describe('the doctor', () => {
  it('finds nothing on a Mac that is well, and says what it has seen', async () => {
    const checks = await mini.look();
    expect(checks.filter(({ status, id }) => status !== 'ok' && id !== 'disk')).toEqual([]);
    expect(checks.length).toBeGreaterThan(20);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    const told = JSON.stringify(checks);
    expect(told).not.toMatch(/\+1555|secret words/u);
    expect(told).toContain('macOS 15.6 (24G84)');
  });

  it.each(rounds().map((round) => [round.map(([id]) => id).join(', '), round] as const))(
    'notices what is caused: %s',
    async (_ids, round) => {
      round.forEach(([, , cause]) => cause(mini));
      const checks = await mini.look();
      for (const [id, status, , evidence] of round) {
        const found = checks.find((check) => check.id === id);
        expect(found, id).toMatchObject({ status, evidence: expect.stringMatching(evidence) });
        // Whatever is wrong has its cure beside it.
        expect(found?.cure, id).toMatch(/\S/u);
      }
    },
  );

  it('tells what health warns of, with the code', async () => {
    mini.warnings = [
      { code: 'line_paused', severity: 'unhealthy', text: 'paused', action: 'resume' },
      { code: 'limits_off', severity: 'degraded', text: 'off', action: 'set' },
    ];
    expect(await mini.look()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'health.line_paused',
          status: 'fail',
          evidence: 'paused',
          cure: 'resume',
        }),
        expect.objectContaining({ id: 'health.limits_off', status: 'warn' }),
      ]),
    );
  });

  it('does not look for what only a Mac has, where there is none', async () => {
    const deps = mini.deps();
    const host = createHost({ tools: null, platform: 'linux', environment: {} });
    const checks = await createDoctor({ ...deps, host }).look();
    const ids = checks.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['macos', 'full_disk_access', 'automation', 'disk']));
    expect(ids.filter((id) => ['agent', 'sleep', 'clock', 'sip'].includes(id))).toEqual([]);
    expect(checks[0]).toMatchObject({ id: 'macos', status: 'warn' });
  });

  it('knows a Mac on which it has never been started', async () => {
    rmSync(mini.data, { recursive: true });
    const checks = await mini.look();
    expect(checks.find(({ id }) => id === 'data_folder')).toMatchObject({
      status: 'warn',
      evidence: expect.stringContaining('is not there yet'),
    });
    expect(checks.find(({ id }) => id === 'disk')?.evidence).toMatch(/GB are free/u);
  });

  it('goes on where a look itself fails', async () => {
    rmSync(mini.data, { recursive: true });
    writeFileSync(mini.data, 'no folder');
    const checks = await mini.look();
    expect(checks.find(({ id }) => id === 'data_folder')).toMatchObject({
      status: 'warn',
      evidence: expect.stringContaining('ENOTDIR'),
    });
    expect(checks.find(({ id }) => id === 'macos')?.status).toBe('ok');
  });

  it('says whose permission it has tried', async () => {
    mini.asked = 'command';
    mini.app = { state: 'denied', code: -1743 };
    const found = (await mini.look()).find(({ id }) => id === 'automation');
    expect(found?.evidence).toContain('this terminal');
  });
});
