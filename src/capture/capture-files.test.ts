import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureBench, until } from './test-capture.ts';

describe.each(['wal', 'scan'] as const)('capture and its files, mode %s', (mode) => {
  let bench: CaptureBench;

  beforeEach(async () => {
    bench = new CaptureBench(mode);
    bench.start();
    await bench.following();
  });
  afterEach(() => bench.end());

  it('goes on when the -wal is another file', async () => {
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    bench.db.pragma('wal_checkpoint(TRUNCATE)');
    bench.db.close();
    // As Messages does when it is killed and comes back: the side files are made anew under the same names.
    rmSync(`${bench.path}-wal`, { force: true });
    rmSync(`${bench.path}-shm`, { force: true });
    bench.openAgain();
    bench.receive('two');
    await until(() => expect(bench.texts()).toEqual(['one', 'two']));
  });

  it('says so while the database is gone, and goes on when it is back', async () => {
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    bench.db.close();
    renameSync(bench.path, `${bench.path}.away`);
    await until(() =>
      expect(bench.status()).toMatchObject({ state: 'unavailable', code: 'messages_db_missing' }),
    );
    renameSync(`${bench.path}.away`, bench.path);
    bench.openAgain();
    bench.receive('two');
    await until(() => expect(bench.texts()).toEqual(['one', 'two']));
    await bench.following();
  });

  /** As Messages does when it begins anew: another file under the same name, its history older than what was told. */
  const replaceDatabase = (fill: () => void) => {
    bench.db.close();
    const other = join(bench.folder, 'other.db');
    [bench.db, bench.writer, bench.chat] = bench.create(other);
    fill();
    bench.db.pragma('wal_checkpoint(TRUNCATE)');
    bench.db.close();
    rmSync(`${bench.path}-wal`, { force: true });
    rmSync(`${bench.path}-shm`, { force: true });
    copyFileSync(other, `${bench.path}.new`);
    renameSync(`${bench.path}.new`, bench.path);
  };
  const HOUR_MS = 3_600_000;

  it('does not replay another database that took the name, and says that something may be missing', async () => {
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    replaceDatabase(() => bench.receive('history of the other', { date: Date.now() - HOUR_MS }));
    await until(() => expect(bench.events().at(-1)?.type).toBe('bridge.gap'));
    bench.openAgain();
    bench.receive('new there');
    await until(() =>
      expect(bench.texts().filter((text) => text !== undefined)).toEqual(['one', 'new there']),
    );
    // It takes two new reading processes, and neither is a failure.
    expect(bench.errors).toEqual([]);
  });

  it('tells what another database holds that is dated after the last row told, once', async () => {
    const { guid } = bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    await bench.stop();
    replaceDatabase(() => {
      bench.receive('history of the other', { date: Date.now() - HOUR_MS });
      bench.db.prepare('UPDATE message SET guid = ? WHERE ROWID = ?').run(guid, bench.receive('one').rowId);
      bench.receive('came meanwhile');
    });
    bench.start();
    await until(() => expect(bench.texts()).toEqual(['one', undefined, 'came meanwhile']));
    bench.openAgain();
    bench.receive('new there');
    await until(() => expect(bench.texts()).toEqual(['one', undefined, 'came meanwhile', 'new there']));
  });

  it('tells what waited for its chat when another database took the name, though a later row was told', async () => {
    const now = Date.now();
    const waiting = bench.receive('waits', { join: 'late', date: now });
    const later = bench.receive('later', { date: now + 1 });
    await until(() => expect(bench.texts()).toEqual(['later']));
    await bench.stop();
    replaceDatabase(() => {
      const rename = bench.db.prepare('UPDATE message SET guid = ? WHERE ROWID = ?');
      rename.run(waiting.guid, bench.receive('waits', { date: now }).rowId);
      rename.run(later.guid, bench.receive('later', { date: now + 1 }).rowId);
    });
    bench.start();
    await until(() => expect(bench.texts()).toEqual(['later', undefined, 'waits']));
  });

  it('takes a copy of the same database for what it is, and misses no change of its rows', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => bench.receive(`n${index}`));
    await until(() => expect(bench.texts()).toHaveLength(30));
    bench.db.pragma('wal_checkpoint(TRUNCATE)');
    bench.db.close();
    copyFileSync(bench.path, `${bench.path}.copy`);
    rmSync(`${bench.path}-wal`, { force: true });
    rmSync(`${bench.path}-shm`, { force: true });
    renameSync(`${bench.path}.copy`, bench.path);
    bench.openAgain();
    const { signal } = new AbortController();
    const expected: (string | undefined)[][] = [];
    for (const row of rows) {
      bench.writer.ownerReads(row.rowId);
      expected.push(['message.read', row.guid]);
      await setTimeout(30, undefined, { signal });
    }
    await until(() => expect(bench.told().slice(30)).toEqual(expected));
  });

  it('starts its reading process again when it dies, and loses nothing by it', async () => {
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    for (const pid of readerPids()) {
      process.kill(pid, 'SIGKILL');
    }
    bench.receive('two');
    await until(() => expect(bench.texts()).toEqual(['one', 'two']));
  });

  it('does not trust a reading process that has gone silent: says so, and starts another', async () => {
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    const [pid = 0] = readerPids();
    process.kill(pid, 'SIGSTOP');
    bench.receive('two');
    await until(() => expect(bench.texts()).toEqual(['one', 'two']));
    expect(readerPids()).not.toContain(pid);
    expect(bench.statuses).toContainEqual(
      expect.objectContaining({ state: 'unavailable', code: 'reader_silent' }),
    );
  });

  it('gives a reading process time to start where the machine is busy, and says meanwhile that it is silent', async () => {
    await bench.stop();
    bench.start();
    const [pid = 0] = readerPids();
    process.kill(pid, 'SIGSTOP');
    await until(() => expect(bench.status()).toMatchObject({ state: 'unavailable', code: 'reader_silent' }));
    process.kill(pid, 'SIGCONT');
    await bench.following();
    expect(readerPids()).toEqual([pid]);
  });

  it.runIf(process.platform === 'linux')(
    'watches the -wal and neither the database nor its -shm',
    async () => {
      bench.receive('one');
      await until(() => expect(bench.texts()).toEqual(['one']));
      const inode = (suffix: string) => statSync(`${bench.path}${suffix}`).ino;
      await until(() => expect(watchedInodes(readerPids())).toContain(inode('-wal')));
      for (const suffix of ['', '-shm']) {
        expect(watchedInodes(readerPids())).not.toContain(inode(suffix));
      }
      expect(watchedInodes(readerPids())).not.toContain(statSync(bench.folder).ino);
    },
  );
});

/** The reading processes that this test process has started. */
function readerPids(): number[] {
  const output = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'reader-process'], {
    encoding: 'utf8',
  });
  return output.trim().split('\n').map(Number);
}

/** Inodes that a process watches with inotify, as the kernel lists them. */
function watchedInodes(pids: readonly number[]): number[] {
  return pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) =>
      [...readInfo(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^inotify wd:\S+ ino:([0-9a-f]+)/gmu)].map((match) =>
        Number.parseInt(match[1] ?? '', 16),
      ),
    ),
  );
}

function readInfo(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
