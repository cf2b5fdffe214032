import type { ChildProcess } from 'node:child_process';
import type * as childProcess from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { healthSchema } from '../src/contract/index.ts';
import { WARNINGS, type WarningCode } from '../src/health/warnings.ts';
import { makeHome, startBridge, type Json } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startHealthBench, until, type HealthBench, type ReaderLine } from './support/health-bench.ts';
import { SECOND } from './support/health-acts.ts';
import { OFF, PLAYS, TOOLS, writeHistory } from './support/health-plays.ts';
import { startMac } from './support/mac.ts';
import { hasSmallDisks, onSmallDisk } from './support/small-disk.ts';

/** Capture's reading process; what it says passes through here, so that a test can make it say something else. */
const reader = vi.hoisted(() => {
  const heard = new Map<string, Json>();
  const scripts = new Set<ChildProcess>();
  const lies = new Set<(message: Json) => Json>();
  const line: { current: ChildProcess | null; isHeld: boolean } = { current: null, isHeld: false };
  return { heard, lies, line, scripts };
});

vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof childProcess>();
  const fork = (...args: Parameters<typeof original.fork>): ChildProcess => {
    const child = original.fork(...args);
    if (String(args[0]).endsWith('reader-process.ts')) {
      reader.line.current = child;
      if (reader.line.isHeld) {
        child.kill('SIGSTOP');
      }
      const emit = child.emit.bind(child);
      const told = (message: Json) => [...reader.lies].reduce((said, lie) => lie(said), message);
      const overheard = (event: string, message: Json, ...rest: unknown[]) => {
        if (event !== 'message') {
          return Reflect.apply(emit, child, [event, message, ...rest]);
        }
        reader.heard.set(String(message['type']), message);
        return Reflect.apply(emit, child, [event, told(message), ...rest]);
      };
      Object.defineProperty(child, 'emit', { value: overheard });
    }
    return child;
  };
  const spawn = (...args: Parameters<typeof original.spawn>): ChildProcess => {
    const child = original.spawn(...args);
    if (args[0].endsWith('osascript') && child.pid !== undefined) {
      reader.scripts.add(child);
      child.once('exit', () => reader.scripts.delete(child));
    }
    return child;
  };
  return { ...original, fork, spawn };
});

const MB = 1_000_000;

const readerLine: ReaderLine = {
  child: () => {
    if (reader.line.current === null) {
      throw new Error('capture has no reading process');
    }
    return reader.line.current;
  },
  heard: reader.heard,
  scripts: reader.scripts,
  get isHeld() {
    return reader.line.isHeld;
  },
  set isHeld(isHeld) {
    reader.line.isHeld = isHeld;
  },
  lies: reader.lies,
};

/** What can be caused together; whatever hides another stands apart from it. */
const ROUNDS: readonly (readonly (keyof typeof PLAYS)[])[] = [
  ['no_gui_session', 'clock_wrong', 'node_not_fixed', 'log_too_large'],
  ['sleep_not_prevented'],
  ['store_restored'],
  ['inbound_silent'],
  ['messages_not_running'],
  ['messages_not_responding'],
  ['messages_signed_out'],
  ['imessage_disconnected'],
  ['automation_denied'],
  ['automation_unanswered'],
  ['messages_unknown'],
  ['wrong_line', 'unknown_outcomes', 'sends_refused', 'line_flagged', 'line_paused'],
  ['script_stuck'],
  ['webhook_failing', 'webhook_disabled'],
  ['chat_db_missing'],
  ['chat_db_invalid'],
  ['chat_db_unreadable'],
  ['chat_db_locked'],
  ['chat_db_replaced'],
  ['store_failing'],
  ['capture_behind', 'capture_scanning', 'capture_surprised', 'probe_failed'],
  ['capture_stopped'],
  ['time_jumped'],
  ['limits_off'],
  ['history_unread'],
  ['line_idle'],
  ['store_corrupt'],
  ['store_rebuilt'],
  ['controller_token_unusable'],
  ['controller_refused'],
  ['controller_unreachable'],
];

async function play(bench: HealthBench, codes: readonly (keyof typeof PLAYS)[]): Promise<void> {
  const isLookedAt = codes.some((code) => PLAYS[code].isLookedAt === true);
  const settled = (assertion: (found: readonly string[]) => void) =>
    until(async () => {
      await bench.pass(SECOND);
      assertion(await bench.codes());
    });
  for (const code of codes) {
    await PLAYS[code].cause(bench);
  }
  if (isLookedAt) {
    await bench.doctorCodes();
  }
  await settled((found) => expect(found).toEqual(expect.arrayContaining([...codes])));
  expect(await bench.doctorCodes()).toEqual(expect.arrayContaining([...codes]));
  const before = await bench.told();
  for (const code of codes) {
    expect(before.at(-1), `the event of ${code}`).toContain(code);
  }
  for (const code of codes.toReversed()) {
    await PLAYS[code].cure(bench);
  }
  if (isLookedAt) {
    await bench.doctorCodes();
  }
  const gone = (found: readonly string[] | undefined) =>
    expect(codes.filter((code) => found?.includes(code) === true)).toEqual([]);
  await settled(gone);
  gone(await bench.doctorCodes());
  gone((await bench.told()).at(-1));
}

describe('every warning', () => {
  let bench: HealthBench;
  afterAll(cleanUp);

  it('is played', () => {
    const played = [...ROUNDS.flat(), 'disk_full', 'disk_nearly_full'];
    expect(played.toSorted()).toEqual(Object.keys(WARNINGS).toSorted());
  });

  it('has a bridge to be seen on', async () => {
    bench = await startHealthBench(readerLine, { ...OFF, ...TOOLS }, writeHistory);
    expect(await bench.codes()).toContain('limits_off');
  });

  it.each(ROUNDS.map((codes) => [codes.join(', '), codes] as const))(
    'is seen in /health, by the doctor and in the journal, and goes when it is cured: %s',
    async (_, codes) => expect(play(bench, codes)).resolves.toBeUndefined(),
  );
});

describe('a disk that runs full', () => {
  afterAll(cleanUp);

  it('is seen the same way, first as no room for files, then as the end of the store', async (context) => {
    const home = makeHome();
    const folder = join(home, 'uploads');
    mkdirSync(folder);
    if (!hasSmallDisks(folder)) {
      context.skip('This machine lets us mount no small disk.');
    }
    const mac = await startMac();
    const bridge = await startBridge({
      ...mac,
      home,
      environment: { BLUELINE_FILES_RESERVE_BYTES: String(120 * MB) },
      through: onSmallDisk(folder, 150 * MB),
    });
    const stream = bridge.stream('?types=bridge.health_changed');
    // The folder as the daemon sees it.
    const fill = (bytes: number) =>
      writeFileSync(`/proc/${bridge.pid}/root${folder}/filler`, Buffer.alloc(bytes));
    const shows = async (code: WarningCode | null) => {
      // Whoever uploads has the disk looked at.
      const form = new FormData();
      form.set('file', new File(['x'], 'a.txt'));
      const headers = { authorization: `Bearer ${bridge.key}` };
      await (await fetch(`${bridge.url}/v1/files`, { method: 'POST', body: form, headers })).text();
      const ofDisk = (codes: unknown) =>
        (Array.isArray(codes) ? codes : []).map(String).filter((one) => /(?:^|\.)disk_/u.test(one));
      const expected = code === null ? [] : [code];
      await until(async () => {
        const { warnings } = healthSchema.parse((await bridge.request('GET', '/health')).body);
        expect(ofDisk(warnings.map((warning) => warning.code))).toEqual(expected);
        expect(ofDisk(stream.events().at(-1)?.data['codes'])).toEqual(expected);
      });
      const { checks } = (await bridge.request('GET', '/v1/bridge/doctor')).body;
      const ids = Array.isArray(checks) ? checks.map((check) => Object(check).id) : [];
      expect(ofDisk(ids)).toEqual(expected.map((one) => `health.${one}`));
    };
    await shows(null);
    fill(40 * MB);
    await shows('disk_full');
    fill(60 * MB);
    await shows('disk_nearly_full');
    fill(0);
    await shows(null);
  });
});
