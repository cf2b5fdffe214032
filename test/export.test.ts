import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageSchema } from '../src/contract/index.ts';
import { createChatDb, ChatDbWriter, ERAS, writeCatalogue } from '../src/simulator/index.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const KIM = '+15550001001';
const LINE = '+15550009999';
const AT = Date.UTC(2026, 9, 5, 14);

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Line {
  readonly [field: string]: unknown;
}

describe('blueline export', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-export-test-'));
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(at('home'));
    mkdirSync(at('tmp'));
  });

  afterEach(cleanUp);

  /** The command as a person runs it, with a temporary folder of its own that must be empty in the end. */
  async function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Result> {
    const child = spawn(process.execPath, [MAIN, 'export', ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: at('home'),
        TMPDIR: at('tmp'),
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        BLUELINE_HOME: at('home'),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    await once(child, 'close');
    expect(readdirSync(at('tmp'))).toEqual([]);
    return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
  }

  function collect(stream: NodeJS.ReadableStream): () => string {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    return () => Buffer.concat(pieces).toString('utf8');
  }

  function linesOf(text: string): Line[] {
    return text
      .split('\n')
      .slice(0, -1)
      .map((line): Line => JSON.parse(line));
  }

  /** Name → content, so that any change, and any file too many, shows. */
  function contents(path: string): Record<string, string> {
    return Object.fromEntries(
      readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(path, name)).isFile())
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(join(path, name)))
            .digest('hex'),
        ]),
    );
  }

  /** A database that Messages has open: what was written last stands in its WAL only. */
  function live(path = at('live.db')): { db: Database.Database; writer: ChatDbWriter } {
    const db = createChatDb(path, '26');
    atEnd(() => db.close());
    const writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => AT });
    const kim = writer.ensureChat({ style: 'direct', handle: KIM });
    writer.insertIncoming({ chat: kim, from: KIM, text: 'first', date: AT });
    writer.insertIncoming({ chat: kim, from: KIM, text: 'second', date: AT + 60_000 });
    db.pragma('wal_checkpoint(TRUNCATE)');
    writer.insertOutgoing({ chat: kim, text: 'in the WAL', sent: true, date: AT + 120_000 });
    const sam = writer.ensureChat({ style: 'direct', handle: 'sam@example.com' });
    writer.insertIncoming({ chat: sam, from: 'sam@example.com', text: 'from Sam', date: AT + 180_000 });
    return { db, writer };
  }

  /** The same as somebody copied it. */
  function copied(files: readonly ('' | '-wal' | '-shm')[]): string {
    live();
    mkdirSync(at('copy'));
    for (const ending of files) {
      copyFileSync(at(`live.db${ending}`), at(`copy/chat.db${ending}`));
    }
    return at('copy/chat.db');
  }

  const texts = ({ stdout }: Result) => linesOf(stdout).map((line) => line['text']);

  it.each([
    ['with its WAL', ['', '-wal'], 4],
    ['with its WAL and index', ['', '-wal', '-shm'], 4],
    ['without', [''], 2],
  ] as const)('reads a copy %s and leaves it as it is', async (_, files, count) => {
    const database = copied(files);
    const before = contents(at('copy'));
    const result = await run(['--db', database]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(texts(result)).toEqual(['first', 'second', 'in the WAL', 'from Sam'].slice(0, count));
    expect(contents(at('copy'))).toEqual(before);
  });

  it('reads a copy in a folder that cannot be written', async () => {
    const database = copied(['', '-wal']);
    const before = contents(at('copy'));
    chmodSync(at('copy'), 0o500);
    chmodSync(database, 0o400);
    expect(texts(await run(['--db', database]))).toHaveLength(4);
    expect(contents(at('copy'))).toEqual(before);
    chmodSync(at('copy'), 0o700);
  });

  it('reads the configured database, where it lies, while Messages has it open', async () => {
    const { writer } = live();
    expect(texts(await run([], { BLUELINE_MESSAGES_DB: at('live.db') }))).toHaveLength(4);
    const kim = writer.ensureChat({ style: 'direct', handle: KIM });
    writer.insertIncoming({ chat: kim, from: KIM, text: 'afterwards' });
    expect(texts(await run(['--db', at('live.db')]))).toHaveLength(5);
  });

  it.each(ERAS)('gives every row of macOS %s in the wire’s own shape', async (era) => {
    mkdirSync(at('messages'));
    const db = createChatDb(at('messages/chat.db'), era);
    const entries = writeCatalogue(db, era, at('messages'));
    db.close();
    const { code, stdout, stderr } = await run(['--db', at('messages/chat.db')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = linesOf(stdout);
    const guids = new Set(lines.map((line) => line['guid']));
    expect(entries.filter((entry) => !guids.has(entry.guid)).map((entry) => entry.name)).toEqual([]);
    for (const line of lines) {
      expect(messageSchema.safeParse(line).error?.issues ?? [], String(line['guid'])).toEqual([]);
    }
  });

  it('takes only what is asked for', async () => {
    const database = copied(['', '-wal']);
    const asked = async (...args: readonly string[]) => texts(await run(['--db', database, ...args]));
    expect(await asked('--chat', '+1 (555) 000-1001')).toEqual(['first', 'second', 'in the WAL']);
    expect(await asked('--chat', `iMessage;-;${KIM}`)).toEqual(['first', 'second', 'in the WAL']);
    const [line] = linesOf((await run(['--db', database])).stdout);
    expect(await asked('--chat', String(line?.['chat_id']))).toHaveLength(3);
    expect(await asked('--line', LINE)).toHaveLength(4);
    expect(await asked('--line', String(line?.['line_id']))).toHaveLength(4);
    expect(await asked('--line', '+15557770000')).toEqual([]);
    expect(
      await asked('--since', String(AT + 60_000), '--until', new Date(AT + 180_000).toISOString()),
    ).toEqual(['second', 'in the WAL']);
  });

  it('writes a file at once, for its owner alone', async () => {
    const database = copied(['']);
    const { code, stdout } = await run(['--db', database, '--out', at('out.jsonl')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(linesOf(readFileSync(at('out.jsonl'), 'utf8'))).toHaveLength(2);
    expect(statSync(at('out.jsonl')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual([
      'copy',
      'home',
      'live.db',
      'live.db-shm',
      'live.db-wal',
      'out.jsonl',
      'tmp',
    ]);
  });

  it('makes a page of a chat', async () => {
    const database = copied(['', '-wal']);
    const { code, stdout } = await run(['--db', database, '--format', 'html', '--chat', KIM], {
      TZ: 'Europe/Berlin',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>/u);
    expect(stdout.match(/<article class="message in/gu)).toHaveLength(2);
    expect(stdout.match(/<article class="message out/gu)).toHaveLength(1);
    expect(stdout).toContain('4:02 PM');
    expect(stdout).not.toContain('from Sam');
    expect(stdout).toMatch(/<\/html>\n$/u);
  });

  it('makes a page of every kind of row, with the pictures that lie beside the database', async () => {
    mkdirSync(at('messages'));
    const db = createChatDb(at('messages/chat.db'), '27');
    writeCatalogue(db, '27', at('messages'));
    const chats = db.prepare<[], { guid: string }>('SELECT guid FROM chat').all();
    db.close();
    for (const { guid } of chats) {
      const { code, stdout, stderr } = await run([
        '--db',
        at('messages/chat.db'),
        '--format',
        'html',
        '--chat',
        guid,
      ]);
      expect({ code, stderr }, guid).toEqual({ code: 0, stderr: '' });
      expect(stdout.slice(stdout.indexOf('<body>'))).not.toMatch(/<script|undefined|\[object/u);
    }
  });

  it('ends quietly when nobody reads any more', async () => {
    const db = createChatDb(at('many.db'), '26');
    const writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => AT });
    const kim = writer.ensureChat({ style: 'direct', handle: KIM });
    db.transaction(() => {
      for (let index = 0; index < 3000; index += 1) {
        writer.insertIncoming({ chat: kim, from: KIM, text: `number ${index}` });
      }
    })();
    db.close();
    const child = spawn(process.execPath, [MAIN, 'export', '--db', at('many.db')], {
      env: { PATH: process.env['PATH'] ?? '', HOME: at('home'), TMPDIR: at('tmp') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stderr = collect(child.stderr);
    await once(child.stdout, 'readable');
    child.stdout.read(100);
    child.stdout.destroy();
    await once(child, 'close');
    expect({ code: child.exitCode, stderr: stderr() }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  const failing: readonly [
    what: string,
    args: (database: string) => readonly string[],
    code: number,
    word: string,
  ][] = [
    ['no database there', () => ['--db', at('none.db')], 4, 'messages_db_missing'],
    ['no database at all', () => ['--db', MAIN], 1, 'messages_db_invalid'],
    ['a folder', () => ['--db', folder], 1, 'messages_db_invalid'],
    [
      'a chat that is not there',
      (database) => ['--db', database, '--chat', '+15550007777'],
      4,
      'export_chat_unknown',
    ],
    ['a line that cannot be', (database) => ['--db', database, '--line', 'nobody'], 2, 'export_line_invalid'],
    ['a moment that is none', (database) => ['--db', database, '--since', 'yesterday'], 2, 'usage'],
    ['a day that is none', (database) => ['--db', database, '--since', '2026-02-31'], 2, 'usage'],
    ['a format that is none', (database) => ['--db', database, '--format', 'pdf'], 2, 'usage'],
    [
      'a page of several chats',
      (database) => ['--db', database, '--format', 'html'],
      2,
      'export_chat_needed',
    ],
    [
      'the database as the output',
      (database) => ['--db', database, '--out', database],
      2,
      'export_over_database',
    ],
    [
      'an output in no folder',
      (database) => ['--db', database, '--out', at('none/out')],
      1,
      'export_write_failed',
    ],
    ['a full disk', (database) => ['--db', database, '--out', '/dev/full'], 1, 'export_disk_full'],
  ];

  it.each(failing)('refuses %s, with its code', async (_, args, code, word) => {
    const database = copied(['', '-wal']);
    const before = contents(at('copy'));
    const result = await run(args(database));
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: word } });
    expect(contents(at('copy'))).toEqual(before);
    expect(existsSync(at('none.db'))).toBe(false);
  });

  it('tells a Mac without Messages from a path that is wrong', async () => {
    expect((await run([], { BLUELINE_MESSAGES_DB: at('none.db') })).code).toBe(6);
  });
});
