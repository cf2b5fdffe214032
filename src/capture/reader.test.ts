import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { ManualClock } from '../runtime/index.ts';
import { ChatDbWriter, createChatDb } from '../simulator/index.ts';
import type { Cursor } from './protocol.ts';
import { Reader, Restart, type Found } from './reader.ts';
import { ScanSource } from './scan-source.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const HOUR_MS = 3_600_000;

let folder: string;
let path: string;
let db: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reader-'));
  path = join(folder, 'chat.db');
  db = createChatDb(path, '26');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

interface Start {
  readonly clock?: ManualClock;
  readonly cursor?: Cursor | null;
  /** To the files, right after they have been opened. */
  readonly happens?: () => void;
}

function readerOf({ clock = new ManualClock(NOON), cursor = null, happens }: Start): {
  readonly reader: Reader;
  readonly found: Found[];
} {
  const found: Found[] = [];
  const reader = new Reader({
    path,
    clock,
    cursor,
    pending: [],
    openSource: (opened) => {
      happens?.();
      return new ScanSource(opened, clock, 'chosen');
    },
    fallBack: () => {
      throw new Error('not asked for');
    },
    deliver: (batch) => {
      found.push(batch);
      return Promise.resolve();
    },
    onStatus: () => undefined,
    wantPrints: () => undefined,
  });
  return { reader, found };
}

/** What the next look finds. One that anchors is followed by a new process. */
async function look({ reader, found }: ReturnType<typeof readerOf>): Promise<Found | undefined> {
  await reader.look().catch(() => undefined);
  return found.at(-1);
}

async function lookOver(happens: () => void): Promise<Reader> {
  const one = readerOf({ happens });
  await look(one);
  return one.reader;
}

/** Another database takes the place of the one at the path, and gets a text. */
function replaceWith(date: number): string {
  const other = join(folder, 'other.db');
  const opened = createChatDb(other, '26');
  const writer = new ChatDbWriter(opened, { era: '26', line: '+15559990000', now: () => date });
  const chat = writer.ensureChat({ style: 'direct', handle: KIM });
  const { guid } = writer.insertIncoming({ chat, from: KIM, text: 'news', date });
  opened.close();
  db.close();
  for (const suffix of ['-wal', '-shm']) {
    rmSync(`${path}${suffix}`, { force: true });
  }
  renameSync(other, path);
  return guid;
}

describe('a reader', () => {
  it('knows the files that it has opened, though SQLite made some of them only then', async () => {
    db.close();
    expect((await lookOver(() => undefined)).isReplaced()).toBe(false);
  });

  it('notices a database that took the name while it was being opened', async () => {
    const reader = await lookOver(() => {
      const other = join(folder, 'other.db');
      createChatDb(other, '26').close();
      renameSync(other, path);
    });
    expect(reader.isReplaced()).toBe(true);
  });

  it('notices side files that were replaced while it was being opened', async () => {
    const reader = await lookOver(() => {
      copyFileSync(`${path}-shm`, join(folder, 'shm'));
      renameSync(join(folder, 'shm'), `${path}-shm`);
    });
    expect(reader.isReplaced()).toBe(true);
  });

  it('tells nothing that it read after its side files had been made anew: pages may have changed under it', async () => {
    const { cursor } = (await look(readerOf({}))) ?? { cursor: null };
    const next = readerOf({ cursor });
    await look(next);
    const writer = new ChatDbWriter(db, { era: '26', line: '+15559990000', now: () => NOON });
    writer.insertIncoming({
      chat: writer.ensureChat({ style: 'direct', handle: KIM }),
      from: KIM,
      text: 'news',
    });
    copyFileSync(`${path}-shm`, join(folder, 'shm'));
    renameSync(join(folder, 'shm'), `${path}-shm`);
    await expect(next.reader.look()).rejects.toThrow(Restart);
    expect(next.found).toEqual([]);
  });

  it('says up to where it has told anew once the clock is behind that', async () => {
    const anchored = await look(readerOf({}));
    const clock = new ManualClock(NOON);
    const next = readerOf({ clock, cursor: anchored?.cursor ?? null });
    expect(await look(next)).toBeUndefined();
    clock.jump(-HOUR_MS);
    expect((await look(next))?.cursor.toldUpTo).toBe(NOON - HOUR_MS);
    await look(next);
    expect(next.found).toHaveLength(1);
  });

  it('tells what was written into another database while the clock was being set back', async () => {
    const anchored = await look(readerOf({}));
    const clock = new ManualClock(NOON - HOUR_MS + 2_000);
    const guid = replaceWith(NOON - HOUR_MS + 1_000);
    const gap = await look(readerOf({ clock, cursor: anchored?.cursor ?? null }));
    expect(gap?.kind).toBe('gap');
    expect(gap?.datedSince.map((row) => row.guid)).toEqual([guid]);
  });
});
