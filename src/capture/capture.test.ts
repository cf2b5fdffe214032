import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { sequence } from '../domain/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import { createMessagesSource } from '../messages-db/index.ts';
import { createLogger, systemClock } from '../runtime/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace } from '../simulator/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createCaptureStore } from './capture-store.ts';
import { createCapture, type Capture, type CaptureStatus } from './capture.ts';

interface WireEvent {
  readonly type: string;
  readonly data: {
    readonly guid?: string;
    readonly text?: string;
    readonly chat_resolved?: string;
    readonly reason?: string;
    readonly message_guid?: string;
  };
}

const LINE = '+15559990000';

describe('capture', () => {
  let folder: string;
  let path: string;
  let db: Database.Database;
  let writer: ChatDbWriter;
  let chat: ChatPlace;
  let store: Store;
  let journal: Journal;
  let capture: Capture;
  let statuses: CaptureStatus[];
  let rowsBefore: readonly { readonly rowId: number; readonly guid: string }[];

  const openDatabase = (file: string) => {
    db = createChatDb(file, '26');
    writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => Date.now() });
    chat = writer.ensureChat({ style: 'direct', handle: KIM });
  };

  const startCapture = () => {
    const clock = systemClock();
    const source = createMessagesSource(path);
    capture = createCapture({
      path,
      source,
      clock,
      clockOffsetMs: 0,
      mode: 'auto',
      startedAt: clock.now(),
      log: createLogger('silent'),
      journal,
      captureStore: createCaptureStore(store),
      ownRows: {
        observe: () => ({ origin: { by: 'device' }, events: [] }),
        received: () => [],
        forgetRows: () => undefined,
      },
      onChange: () => statuses.push(capture.status()),
    });
    capture.start();
    // This process also plays Messages: a reader of its own would make SQLite share one -shm between the two.
    source.close();
  };

  const reconciled = () =>
    until(() => expect(capture.status().figures?.reconcile.finishedAt ?? null).not.toBeNull());
  const following = () => until(() => expect(capture.status().state).toBe('following'));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-capture-'));
    path = join(folder, 'chat.db');
    openDatabase(path);
    rowsBefore = [
      writer.insertIncoming({ chat, from: KIM, text: 'from before' }),
      writer.insertIncoming({ chat, from: KIM, text: 'to be edited' }),
      writer.insertIncoming({ chat, from: KIM, text: 'to be removed' }),
      writer.insertOutgoing({ chat, text: 'to be delivered', sent: true }),
      writer.insertIncoming({ chat, from: KIM, text: 'to be put away' }),
    ];
    store = openStore(join(folder, 'data'));
    journal = createJournal({ store, clock: systemClock(), bridgeId: 'b', epoch: 'e' });
    statuses = [];
    startCapture();
    await following();
  });

  afterEach(async () => {
    await capture.stop();
    store.close();
    db.close();
    rmSync(folder, { recursive: true });
  });

  const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });
  const events = (): WireEvent[] =>
    journal.read(sequence(0), 100_000, { types: null, lines: null }).entries.map((entry) => {
      const event: WireEvent = JSON.parse(entry.json);
      return event;
    });
  const told = () => events().map((event) => [event.type, event.data.text]);
  const texts = () => events().map((event) => event.data.text);
  const receive = (text: string, more: object = {}) =>
    writer.insertIncoming({ chat, from: KIM, text, ...more });

  it('begins at the present and tells what comes', async () => {
    receive('one');
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
    expect(events()[0]?.type).toBe('message.received');
  });

  it('counts what is written while its reading process comes up as new', async () => {
    await capture.stop();
    const fresh = openStore(join(folder, 'fresh'));
    store.close();
    store = fresh;
    journal = createJournal({ store, clock: systemClock(), bridgeId: 'b', epoch: 'e' });
    startCapture();
    receive('at once');
    await until(() => expect(texts()).toEqual(['at once']));
  });

  it('tells every step of a row of our side', async () => {
    const { rowId } = writer.insertOutgoing({ chat, text: 'mine' });
    await until(() => expect(told()).toEqual([['message.created', 'mine']]));
    writer.markSent(rowId);
    await until(() => expect(events().at(-1)?.type).toBe('message.sent'));
    db.transaction(() => {
      writer.markDelivered(rowId);
      writer.markRead(rowId);
    })();
    await until(() =>
      expect(
        events()
          .map((event) => event.type)
          .slice(-2),
      ).toEqual(['message.delivered', 'message.read']),
    );
  });

  it('lets later rows pass one whose chat is late, and tells it once it is there', async () => {
    const late = receive('late', { join: 'late' });
    receive('on time');
    await until(() => expect(texts()).toEqual(['on time']));
    writer.joinLater(late.rowId);
    await until(() => expect(texts()).toEqual(['on time', 'late']));
    expect(events()[1]?.data.chat_resolved).toBe('join');
  });

  it('waits for a late body', async () => {
    const { rowId } = receive('body', { body: 'late' });
    receive('next');
    await until(() => expect(texts()).toEqual(['next']));
    writer.fillBody(rowId, 'body');
    await until(() => expect(texts()).toEqual(['next', 'body']));
  });

  it('remembers across a restart what still waits, and tells nothing twice', async () => {
    const late = receive('late', { join: 'late' });
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    await capture.stop();
    writer.joinLater(late.rowId);
    receive('while down');
    startCapture();
    await until(() => expect(texts()).toEqual(['one', 'late', 'while down']));
  });

  it('tells after a restart what changed while it was down', async () => {
    const { rowId } = writer.insertOutgoing({ chat, text: 'mine' });
    await until(() => expect(events()).toHaveLength(1));
    await capture.stop();
    writer.markSent(rowId);
    startCapture();
    await until(() =>
      expect(events().map((event) => event.type)).toEqual(['message.created', 'message.sent']),
    );
  });

  it('tells after a restart what became of rows from before the first start', async () => {
    await reconciled();
    const [before] = rowsBefore;
    await capture.stop();
    db.transaction(() => {
      writer.ownerReads(before?.rowId ?? 0);
      writer.edit(rowsBefore[1]?.rowId ?? 0, 'edited');
      writer.remove(rowsBefore[2]?.rowId ?? 0);
      writer.markDelivered(rowsBefore[3]?.rowId ?? 0);
      writer.moveToRecentlyDeleted(rowsBefore[4]?.rowId ?? 0);
    })();
    startCapture();
    await until(() =>
      expect(events().map((event) => [event.type, event.data.guid ?? event.data.message_guid])).toEqual(
        expect.arrayContaining([
          ['message.read', before?.guid],
          ['message.edited', rowsBefore[1]?.guid],
          ['message.deleted', rowsBefore[2]?.guid],
          ['message.delivered', rowsBefore[3]?.guid],
          ['message.deleted', rowsBefore[4]?.guid],
        ]),
      ),
    );
    await reconciled();
    expect(events()).toHaveLength(5);
  });

  it('tells edits, unsends and deletions', async () => {
    const { rowId } = receive('first');
    await until(() => expect(events()).toHaveLength(1));
    writer.edit(rowId, 'second');
    await until(() => expect(told().at(-1)).toEqual(['message.edited', 'second']));
    writer.unsend(rowId);
    await until(() => expect(events().at(-1)?.type).toBe('message.unsent'));
    writer.remove(rowId);
    await until(() => expect(events().at(-1)?.type).toBe('message.deleted'));
    expect(events()).toHaveLength(4);
  });

  it('takes a burst of 5,000 rows in one transaction whole and in order', async () => {
    db.transaction(() => {
      for (let index = 0; index < 5_000; index += 1) {
        receive(`n${index}`);
      }
    })();
    await until(() => expect(texts()).toHaveLength(5_000));
    expect(texts()).toEqual(Array.from({ length: 5_000 }, (_, index) => `n${index}`));
  });

  it('goes on when the -wal is another file', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    // As Messages does when it is killed and comes back: the side files are made anew under the same names.
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    openAgain();
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
  });

  it('says so while the database is gone, and goes on when it is back', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    db.close();
    renameSync(path, `${path}.away`);
    await until(() =>
      expect(capture.status()).toMatchObject({ state: 'unavailable', code: 'messages_db_missing' }),
    );
    renameSync(`${path}.away`, path);
    openAgain();
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
    await following();
  });

  /** As Messages does when it begins anew: another file under the same name, its history older than what was told. */
  const replaceDatabase = (fill: () => void) => {
    db.close();
    const other = join(folder, 'other.db');
    openDatabase(other);
    fill();
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    copyFileSync(other, `${path}.new`);
    renameSync(`${path}.new`, path);
  };
  const HOUR_MS = 3_600_000;

  it('does not replay another database that took the name, and says that something may be missing', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    replaceDatabase(() => receive('history of the other', { date: Date.now() - HOUR_MS }));
    await until(() => expect(events().at(-1)?.type).toBe('bridge.gap'));
    openAgain();
    receive('new there');
    await until(() => expect(texts().filter((text) => text !== undefined)).toEqual(['one', 'new there']));
  });

  it('tells what another database holds that is dated after the last row told, once', async () => {
    const { guid } = receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    await capture.stop();
    replaceDatabase(() => {
      receive('history of the other', { date: Date.now() - HOUR_MS });
      db.prepare('UPDATE message SET guid = ? WHERE ROWID = ?').run(guid, receive('one').rowId);
      receive('came meanwhile');
    });
    startCapture();
    await until(() => expect(texts()).toEqual(['one', undefined, 'came meanwhile']));
    openAgain();
    receive('new there');
    await until(() => expect(texts()).toEqual(['one', undefined, 'came meanwhile', 'new there']));
  });

  it('takes a copy of the same database for what it is', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    openAgain();
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
  });

  it('starts its reading process again when it dies, and loses nothing by it', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    for (const pid of readerPids()) {
      process.kill(pid, 'SIGKILL');
    }
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
  });

  it('does not trust a reading process that has gone silent: says so, and starts another', async () => {
    receive('one');
    await until(() => expect(texts()).toEqual(['one']));
    const [pid = 0] = readerPids();
    process.kill(pid, 'SIGSTOP');
    receive('two');
    await until(() => expect(texts()).toEqual(['one', 'two']));
    expect(readerPids()).not.toContain(pid);
    expect(statuses).toContainEqual(expect.objectContaining({ state: 'unavailable', code: 'reader_silent' }));
  });

  it.runIf(process.platform === 'linux')(
    'watches the -wal and neither the database nor its -shm',
    async () => {
      receive('one');
      await until(() => expect(texts()).toEqual(['one']));
      const inode = (suffix: string) => statSync(`${path}${suffix}`).ino;
      await until(() => expect(watchedInodes(readerPids())).toContain(inode('-wal')));
      for (const suffix of ['', '-shm']) {
        expect(watchedInodes(readerPids())).not.toContain(inode(suffix));
      }
      expect(watchedInodes(readerPids())).not.toContain(statSync(folder).ino);
    },
  );

  function openAgain(): void {
    db = new Database(path);
    writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => Date.now() });
    chat = writer.ensureChat({ style: 'direct', handle: KIM });
  }
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
