import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { list, messageSchema } from '../src/contract/index.ts';
import { makeHome, startBridge, type BridgeProcess, type EventReader } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';
import { KIM } from './support/message.ts';
import { readTrace, straceInto } from './support/traced-files.ts';

/** What SQLite's own lock on a database in use looks like: SHARED, from this byte on (sqlite3 os.h, SHARED_FIRST). */
const SHARED_FIRST = 0x40000002;
/** "Deadman switch" of the WAL's index, held by everybody who has it mapped (sqlite3 os_unix.c, UNIX_SHM_DMS). */
const DMS_BYTE = 128;

const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const NO_TRACE = 'strace is not installed, or may not trace here';

describe('the descriptors of a bridge on the database of Messages', () => {
  afterEach(cleanUp);

  it(
    'are never closed over a lock that SQLite holds, whatever happens to the files',
    { timeout: 120_000 },
    async ({ skip }) => {
      skip(!canTrace, NO_TRACE);
      const mac = await startMac();
      const trace = join(makeHome(), 'trace');
      await mac.command({ command: 'attachment', args: { from: KIM, name: 'a.png', text: 'look' } });
      await mac.command({ command: 'quit' });
      const unlock = lockExclusively(mac.database);
      const bridge = await startBridge({
        home: makeHome(),
        database: mac.database,
        osascript: plainOsascript(),
        through: straceInto(trace),
      });
      await until(async () => expect(await captureState(bridge)).toBe('unavailable'));
      unlock();
      await mac.command({ command: 'reopen' });
      await until(async () => expect(await captureState(bridge)).toBe('following'));
      const reader = bridge.stream();
      await until(() => expect(reader.frames.at(-1)?.['type']).toBe('caught_up'));
      await expectBothAtWork('a locked database', { bridge, mac, reader });

      await mac.command({ command: 'checkpoint', args: { mode: 'TRUNCATE' } });
      await expectBothAtWork('a truncated -wal', { bridge, mac, reader });

      await mac.command({ command: 'kill' });
      await mac.command({ command: 'reopen' });
      await expectBothAtWork('a new -wal and -shm', { bridge, mac, reader });

      const [file] = (await listed(bridge)).flatMap((message) => message.attachments);
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          expect((await bridge.request('GET', '/v1/messages')).status).toBe(200);
          expect(await statusOfFile(bridge, file?.id ?? '')).toBe(200);
        }),
      );
      await expectBothAtWork('a hundred requests', { bridge, mac, reader });

      const [first] = readersOf(bridge, mac);
      process.kill(first ?? 0, 'SIGKILL');
      await until(() => {
        const [next] = readersOf(bridge, mac);
        expect(next).toBeGreaterThan(0);
        expect(next).not.toBe(first);
      });
      await expectBothAtWork('a new reading process', { bridge, mac, reader });

      expect(await bridge.stop()).toBe(0);
      const paths = [mac.database, `${mac.database}-shm`];
      const { descriptors, droppedLocks, watched } = readTrace(await wholeTrace(trace, bridge.pid), paths);
      const readers = new Set(descriptors.map((one) => one.process).filter((id) => id !== bridge.pid));
      expect(readers.size).toBeGreaterThanOrEqual(2);
      expect(droppedLocks).toEqual([]);
      const raw = descriptors.filter((one) => !one.askedForLock);
      expect(raw.filter((one) => one.process === bridge.pid)).toEqual([]);
      expect(raw.filter((one) => one.isClosed)).toEqual([]);
      expect(new Set(raw.map((one) => `${one.process} ${one.path}`)).size).toBe(raw.length);
      expect(watched).toContain(`${mac.database}-wal`);
      expect(watched.filter((path) => paths.includes(path))).toEqual([]);
    },
  );
});

describe('a trace of the descriptors', () => {
  afterEach(cleanUp);

  it('shows a lock that was dropped by closing another descriptor on the file', async ({ skip }) => {
    skip(!canTrace, NO_TRACE);
    const folder = makeHome();
    const [database, trace] = [join(folder, 'a.db'), join(folder, 'trace')];
    const program = `
      import { closeSync, openSync } from 'node:fs';
      import Database from 'better-sqlite3';
      const db = new Database(${JSON.stringify(database)});
      db.pragma('journal_mode = WAL');
      db.exec('CREATE TABLE IF NOT EXISTS t (x)');
      for (const suffix of process.argv.slice(1)) {
        closeSync(openSync(${JSON.stringify(database)} + suffix));
      }
      db.close();`;
    const dropped = async (...suffixes: readonly string[]) => {
      rmSync(trace, { force: true });
      const [command = '', ...args] = straceInto(trace);
      const node = [process.execPath, '--input-type=module', '-e', program, '--', ...suffixes];
      const { pid, status } = spawnSync(command, [...args, ...node]);
      expect(status).toBe(0);
      const { droppedLocks } = readTrace(await wholeTrace(trace, pid), [database, `${database}-shm`]);
      return droppedLocks.length;
    };
    expect(await dropped()).toBe(0);
    expect(await dropped('-wal')).toBe(0);
    expect(await dropped('-shm')).toBe(1);
    expect(await dropped('')).toBe(1);
  });
});

/** A row that is written now becomes an event, a request is answered, and then both processes hold SQLite's locks. */
async function expectBothAtWork(
  after: string,
  {
    bridge,
    mac,
    reader,
  }: { readonly bridge: BridgeProcess; readonly mac: Mac; readonly reader: EventReader },
): Promise<void> {
  await mac.command({ command: 'text', args: { from: KIM, text: after } });
  await until(() => expect(reader.events().map((event) => event.data['text'])).toContain(after));
  await until(async () => expect((await listed(bridge)).map((message) => message.text)).toContain(after));
  await until(() => {
    const [reading] = readersOf(bridge, mac);
    const holders = {
      database: holdersOf(mac.database, SHARED_FIRST),
      index: holdersOf(`${mac.database}-shm`, DMS_BYTE),
    };
    expect(holders, after).toEqual({
      database: expect.arrayContaining([bridge.pid, reading]),
      index: expect.arrayContaining([bridge.pid, reading]),
    });
  });
}

/** The processes that hold a lock on this byte of the file. */
function holdersOf(path: string, byte: number): number[] {
  const { ino } = statSync(path);
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, pid, inode, from, to] = /POSIX .* (\d+) \S+:(\d+) (\d+) (\d+|EOF)$/u.exec(line) ?? [];
      const isHeld = Number(inode) === ino && Number(from) <= byte && (to === 'EOF' || byte <= Number(to));
      return isHeld ? [Number(pid)] : [];
    });
}

/** The bridge's children that read the database. */
function readersOf(bridge: BridgeProcess, mac: Mac): number[] {
  const holders = new Set(holdersOf(mac.database, SHARED_FIRST));
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => holders.has(pid) && parentOf(pid) === bridge.pid);
}

function parentOf(pid: number): number {
  // The name in brackets may hold anything, also brackets and spaces.
  return Number(/\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

async function listed(bridge: BridgeProcess) {
  const { body } = await bridge.request('GET', '/v1/messages');
  return list(messageSchema).parse(body).data;
}

async function statusOfFile(bridge: BridgeProcess, id: string): Promise<number> {
  const response = await fetch(`${bridge.url}/v1/files/${id}`, {
    headers: { authorization: `Bearer ${bridge.key}` },
  });
  await response.arrayBuffer();
  return response.status;
}

async function captureState(bridge: BridgeProcess): Promise<unknown> {
  const { capture } = (await bridge.request('GET', '/health')).body;
  return typeof capture === 'object' && capture !== null && 'state' in capture ? capture.state : null;
}

/** Nobody else can read the database until the returned function is called. */
function lockExclusively(path: string): () => void {
  const db = new Database(path);
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec('BEGIN IMMEDIATE; COMMIT');
  return () => db.close();
}

/** Says that Messages runs; the simulator's own would be traced as well, and is slow under it. */
function plainOsascript(): string {
  const path = join(makeHome(), 'osascript');
  writeFileSync(path, '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
  chmodSync(path, 0o755);
  return path;
}

/** The tracer outlives the traced process by a moment. */
function wholeTrace(path: string, pid: number): Promise<string> {
  return until(() => {
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(new RegExp(`^${pid} .*exited with`, 'mu'));
    return text;
  });
}
