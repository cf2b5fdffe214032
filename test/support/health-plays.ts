import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { WarningCode } from '../../src/health/warnings.ts';
import { createChatDb, type SimulatedMac } from '../../src/simulator/index.ts';
import { restoreStore, saveStore, setAsideStores } from '../../src/store/index.ts';
import {
  answering,
  arm,
  asked,
  disarm,
  faulty,
  hears,
  inPlaceOfChatDb,
  learns,
  lying,
  orders,
  reaches,
  run,
  SECOND,
  subscribe,
  type Play,
} from './health-acts.ts';
import { KIM, LOG_BYTES, until, type HealthBench } from './health-bench.ts';
import { LINK_PLAYS } from './link-plays.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The stand-ins for macOS's tools are called: a bridge without is sooner started, and asked. */
export const TOOLS = { BLUELINE_MAC_TOOLS: 'stand-ins' };
export const OFF = { BLUELINE_LIMITS_PRESET: 'off' };
const CODESIGN = 'Identifier=node\nTeamIdentifier=HX7739G8FX\n';
/** Its root is that of another table: two trees in one page. */
const CORRUPT = `CREATE TABLE torn (x); CREATE TABLE torn_root AS SELECT rootpage FROM sqlite_schema WHERE name = 'torn';
  PRAGMA writable_schema = ON;
  UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'sandbox_days')
  WHERE name = 'torn';`;
const MEND = `PRAGMA writable_schema = ON;
  UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM torn_root) WHERE name = 'torn';`;

/** A table refuses what capture writes; the rest of the store works. */
const refuseRows = async (bench: HealthBench) => {
  bench.onStore(`CREATE TRIGGER broken BEFORE INSERT ON capture_rows BEGIN SELECT RAISE(ABORT, 'x'); END`);
  await hears(bench, 'is refused');
  await until(async () => {
    await bench.pass(SECOND);
    expect(await bench.codes()).toContain('store_failing');
  });
};

/** What a play leaves for its cure. */
const left = { unknown: '', webhook: '', failing: '', groups: [] as number[], allow: (): void => undefined };

/** Every warning but those of the disk, which need one of their own: caused at the lowest boundary that a test reaches. */
export const PLAYS: Readonly<Record<Exclude<WarningCode, 'disk_full' | 'disk_nearly_full'>, Play>> = {
  // Twenty days on which somebody wrote in the morning and in the evening lie behind it, and then two of silence.
  inbound_silent: {
    isLookedAt: true,
    cause: async (bench) => {
      await bench.doctorCodes();
      await bench.leap(15.1 * 60 * SECOND);
    },
    cure: (bench) => learns(bench, 'at last'),
  },
  no_gui_session: {
    isLookedAt: true,
    cause: ({ tools }) => tools.setSession(false),
    cure: ({ tools }) => tools.setSession(true),
  },
  clock_wrong: answering('sntp', ['+90.1 +/- 0.1 x\n', ''], ['+0.01 +/- 0.1 x\n', '']),
  node_not_fixed: answering('codesign', ['', 'TeamIdentifier=not set\n'], ['', CODESIGN]),
  log_too_large: {
    isLookedAt: true,
    cause: ({ logs }) => writeFileSync(join(logs, 'core'), Buffer.alloc(5 * LOG_BYTES)),
    cure: ({ logs }) => rmSync(join(logs, 'core')),
  },
  sleep_not_prevented: {
    cause: async (bench) => {
      bench.tools.hold('exit 1');
      await bench.pass(90 * SECOND);
    },
    cure: async (bench) => {
      bench.tools.hold(null);
      // It is started again, later each time.
      await bench.pass(130 * SECOND);
    },
  },
  messages_not_running: {
    cause: async (bench) => {
      bench.askMac(true);
      await run(bench, { command: 'quit', args: {} });
      await asked(bench);
    },
    cure: async (bench) => {
      await run(bench, { command: 'reopen', args: {} });
      await asked(bench);
      bench.askMac(false);
    },
  },
  messages_not_responding: {
    cause: async (bench) => {
      bench.askMac(true);
      await arm(bench, { name: 'frozen' });
      bench.isHanging = true;
      await bench.pass(10 * SECOND);
    },
    cure: async (bench) => {
      await disarm(bench);
      // The question that hangs is killed in time.
      await bench.pass(8 * SECOND);
      bench.isHanging = false;
      bench.askMac(false);
      await asked(bench);
    },
  },
  messages_signed_out: faulty({ name: 'signed-out' }),
  imessage_disconnected: faulty({ name: 'disconnected' }, 61 * SECOND),
  automation_denied: faulty({ name: 'script-error', code: -1743, moment: 'before' }),
  automation_unanswered: faulty({ name: 'script-error', code: -1744, moment: 'before' }),
  messages_unknown: {
    // Nothing can be asked, as the executable cannot be started.
    cause: async (bench) => {
      chmodSync(bench.osascript, 0o644);
      await asked(bench);
    },
    cure: async (bench) => {
      chmodSync(bench.osascript, 0o755);
      await asked(bench);
    },
  },
  wrong_line: {
    cause: async (bench) => {
      await arm(bench, { name: 'other-line', line: '+15550008888' });
      await reaches(bench, await bench.send('from another line'), 'read');
    },
    cure: async (bench) => {
      await disarm(bench);
      await reaches(bench, await bench.send('from the line'), 'read');
    },
  },
  unknown_outcomes: {
    cause: async (bench) => {
      await arm(bench, { name: 'no-row' });
      left.unknown = await bench.send('leaves no row');
      await reaches(bench, left.unknown, 'dispatched');
      await bench.pass(2 * SECOND);
      await disarm(bench);
    },
    cure: (bench) => bench.request('POST', `/v1/outbox/${left.unknown}/resolve`, { as: 'not_sent' }),
  },
  sends_refused: {
    cause: async (bench) => {
      await arm(bench, { name: 'script-error', code: -10810, moment: 'before' });
      await bench.send('nobody is there to take it');
    },
    cure: async (bench) => {
      await disarm(bench);
      await bench.pass(10 * SECOND);
    },
  },
  script_stuck: {
    // No process outlives SIGKILL but one that hangs in the kernel. So the signals that are to end it do not arrive.
    cause: async (bench) => {
      const kill = process.kill.bind(process);
      const signals = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
        if (pid > 0) {
          return kill(pid, signal);
        }
        left.groups.push(pid);
        return true;
      });
      left.allow = () => {
        signals.mockRestore();
        left.groups.forEach((group) => kill(group, 'SIGKILL'));
      };
      await run(bench, {
        command: 'fault',
        args: { fault: { name: 'hang', row: false, hard: false }, times: 'next' },
      });
      left.unknown = await bench.send('hangs for good');
      await until(() => expect(bench.mac.state().faults).toEqual([]));
      bench.isHanging = true;
      await bench.pass(35 * SECOND);
    },
    cure: async (bench) => {
      bench.isHanging = false;
      left.allow();
      await bench.request('POST', `/v1/outbox/${left.unknown}/resolve`, { as: 'not_sent' });
    },
  },
  line_flagged: {
    cause: (bench) => orders(bench, 'flag'),
    cure: (bench) => orders(bench, 'clear'),
  },
  line_paused: {
    cause: (bench) => orders(bench, 'pause'),
    cure: (bench) => orders(bench, 'resume'),
  },
  chat_db_missing: inPlaceOfChatDb(() => () => undefined),
  chat_db_invalid: inPlaceOfChatDb((path) => {
    writeFileSync(path, 'This is not a database. '.repeat(300));
    return () => undefined;
  }),
  chat_db_unreadable: inPlaceOfChatDb((path) => {
    // What a process without Full Disk Access meets: a file that SQLite needs cannot be opened.
    createChatDb(path, '26').close();
    mkdirSync(`${path}-wal`);
    return () => undefined;
  }),
  chat_db_locked: inPlaceOfChatDb((path) => {
    const db = createChatDb(`${path}.locked`, '26');
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE; CREATE TABLE mine (x); COMMIT');
    renameSync(`${path}.locked`, path);
    return () => db.close();
  }),
  chat_db_replaced: {
    cause: (bench) => run(bench, { command: 'replace-database', args: { content: 'empty' } }),
    cure: (bench) => hears(bench, 'through the new one'),
  },
  store_failing: {
    cause: refuseRows,
    cure: (bench) => bench.onStore('DROP TRIGGER broken'),
  },
  capture_behind: {
    // What the store has refused for a while comes late, once it is taken.
    cause: async (bench) => {
      await refuseRows(bench);
      await bench.pass(6 * SECOND);
      bench.onStore('DROP TRIGGER broken');
    },
    cure: (bench) => bench.leap(61 * SECOND),
  },
  capture_stopped: {
    // Its process stands still, and so does every one that is started in its place.
    cause: async (bench) => {
      bench.reader.isHeld = true;
      bench.reader.child().kill('SIGSTOP');
      await bench.pass(12 * SECOND);
    },
    cure: async (bench) => {
      bench.reader.isHeld = false;
      bench.reader.child().kill('SIGCONT');
      await until(async () =>
        expect((await bench.request('GET', '/health')).body['capture']).toMatchObject({ state: 'following' }),
      );
    },
  },
  // That what SQLite keeps beside the WAL disagrees with what the follower reads of it would be a flaw of one of them.
  capture_scanning: lying((message) =>
    message['type'] === 'status'
      ? { ...message, status: { ...Object(message['status']), mode: 'scan', modeReason: 'self_test_failed' } }
      : message,
  ),
  // So would be a change that the nightly comparison finds first.
  capture_surprised: lying((message) => {
    const figures = Object(message['figures']);
    const reconcile = { ...Object(figures.reconcile), surprises: 1 };
    return message['type'] === 'beat' ? { ...message, figures: { ...figures, reconcile } } : message;
  }),
  probe_failed: {
    // A table that a probe reads is gone.
    cause: (bench) => bench.onStore('ALTER TABLE guard_line RENAME TO guard_line_away'),
    cure: (bench) => bench.onStore('ALTER TABLE guard_line_away RENAME TO guard_line'),
  },
  webhook_disabled: {
    cause: async (bench) => {
      left.webhook = await subscribe(bench, 410);
      await learns(bench, 'for nobody');
    },
    cure: (bench) => bench.request('DELETE', `/v1/webhooks/${left.webhook}`),
  },
  webhook_failing: {
    cause: async (bench) => {
      left.failing = await subscribe(bench, 500);
      await learns(bench, 'for somebody who fails');
      await bench.leap(10.1 * 60 * SECOND);
    },
    cure: (bench) => bench.request('DELETE', `/v1/webhooks/${left.failing}`),
  },
  ...LINK_PLAYS,
  time_jumped: {
    cause: async (bench) => {
      bench.clock.jump(8 * HOUR);
      await bench.pass(5 * SECOND);
    },
    cure: (bench) => bench.leap(HOUR / 2),
  },
  limits_off: {
    cause: () => undefined,
    cure: (bench) => bench.restart({}),
  },
  history_unread: {
    cause: async (bench) => {
      bench.onStore(
        `CREATE TRIGGER unread BEFORE UPDATE ON ledger_state WHEN NEW.seed_phase <> 'recent'
         BEGIN SELECT RAISE(ABORT, 'x'); END`,
      );
      await run(bench, { command: 'replace-database', args: { content: 'empty' } });
    },
    cure: async (bench) => {
      bench.onStore('DROP TRIGGER unread');
      await learns(bench, 'to be counted');
      await bench.pass(6 * SECOND);
    },
  },
  line_idle: {
    isLookedAt: true,
    cause: (bench) => bench.clock.jump(40 * DAY),
    cure: (bench) => learns(bench, 'after forty days'),
  },
  store_corrupt: {
    cause: (bench) => {
      bench.onStore(CORRUPT);
      // It is looked for once a day.
      bench.clock.jump(25 * HOUR);
    },
    cure: (bench) =>
      bench.restart({}, () => {
        bench.onStore(MEND);
        bench.onStore('DROP TABLE torn; DROP TABLE torn_root');
      }),
  },
  store_rebuilt: {
    cause: (bench) => bench.restart({}, () => bench.onStore(CORRUPT)),
    cure: ({ home }) => setAsideStores(home).forEach((name) => rmSync(join(home, name))),
  },
  store_restored: {
    cause: (bench) =>
      bench.restart(OFF, async () => {
        const saved = join(bench.home, 'before-upgrade.db');
        await saveStore(bench.store, saved);
        bench.onStore('PRAGMA user_version = 999');
        await restoreStore(saved, bench.store);
      }),
    cure: (bench) => bench.clock.jump(HOUR),
  },
};

/** Twenty days with mail in the morning and in the evening, then two without. */
export async function writeHistory(mac: SimulatedMac, clock: { now(): number }): Promise<void> {
  for (let day = 22; day >= 2; day -= 1) {
    for (const hour of [0, 10]) {
      const date = clock.now() - day * DAY - hour * HOUR;
      await mac.run({ command: 'text', args: { from: KIM, text: 'good day', date } });
    }
  }
}
