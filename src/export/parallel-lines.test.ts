import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { ChatDbWriter, createChatDb, generateHistory } from '../simulator/index.ts';
import { resolveFilter, type ExportFilter } from './criteria.ts';
import { exportJsonl, type Run } from './export-jsonl.ts';
import { exportLinesInParallel } from './parallel-lines.ts';
import { memorySink } from './test-chat.ts';

const EVERYTHING: ExportFilter = { since: null, until: null, chat: null, line: null };

describe('a parallel export', () => {
  let folder: string;
  let path: string;
  let db: MessagesDb;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-parallel-'));
    path = join(folder, 'chat.db');
    generateHistory(path, { messages: 6_000, seed: 7 });
    const writer = new Database(path);
    // Gaps of every size: single rows, more than a read, more than a stretch.
    writer.exec(
      'DELETE FROM message WHERE ROWID % 7 = 0 OR ROWID BETWEEN 1100 AND 1900 OR ROWID BETWEEN 3000 AND 4600',
    );
    writer.close();
    db = openMessagesDb(path, { messagesFolder: folder });
  });
  afterAll(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  const run = (filter: ExportFilter, more: Partial<Run> = {}) => {
    const sink = memorySink();
    const fields: Run = {
      db,
      criteria: resolveFilter(filter, db),
      sink,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...more,
    };
    return { sink, fields, task: { path, messagesFolder: dirname(path), filter } };
  };

  it.each<[string, Partial<ExportFilter>]>([
    ['everything', {}],
    ['what is newer than a moment', { since: instant(Date.UTC(2025, 0, 1)) }],
    ['what is older than a moment', { until: instant(Date.UTC(2025, 0, 1)) }],
  ])('writes the same lines in the same order as a single thread: %s', async (_, filter) => {
    const single = run({ ...EVERYTHING, ...filter });
    const expected = await exportJsonl(single.fields, JSON.stringify);
    const parallel = run({ ...EVERYTHING, ...filter });
    expect(await exportLinesInParallel(parallel.fields, parallel.task)).toBe(expected);
    expect(parallel.sink.text() === single.sink.text()).toBe(true);
  });

  it('writes texts that are longer, all of them, than any person writes', async () => {
    const long = join(folder, 'long.db');
    const file = createChatDb(long, '26');
    const writer = new ChatDbWriter(file, {
      era: '26',
      line: '+15550009999',
      now: () => Date.UTC(2026, 0, 1),
    });
    const chat = writer.ensureChat({ style: 'direct', handle: '+15550001111' });
    writer.together(() => {
      for (let index = 0; index < 300; index += 1) {
        writer.insertIncoming({ chat, from: '+15550001111', text: `${index} ${'long '.repeat(40_000)}` });
      }
    });
    file.close();
    const source = openMessagesDb(long, { messagesFolder: folder });
    let bytes = 0;
    const sink = {
      ...memorySink(),
      write: (piece: string | Uint8Array) => {
        bytes += piece.length;
        return undefined;
      },
    };
    const { fields } = run(EVERYTHING, { db: source, sink });
    const count = await exportLinesInParallel(fields, {
      path: long,
      messagesFolder: folder,
      filter: EVERYTHING,
    });
    source.close();
    expect(count).toBe(300);
    expect(bytes).toBeGreaterThan(300 * 200_000);
  });

  it('says how far it is, up to the end', async () => {
    const positions: number[] = [];
    const { fields, task } = run(EVERYTHING, { onProgress: (_, position) => void positions.push(position) });
    await exportLinesInParallel(fields, task);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(positions.at(-1)).toBe(1);
  });

  it('ends early when it is aborted, and when nobody reads any more', async () => {
    const abort = new AbortController();
    const { fields, task } = run(EVERYTHING, { signal: abort.signal, onProgress: () => abort.abort() });
    expect(await exportLinesInParallel(fields, task)).toBeLessThan(1_000);
    const closed = { ...memorySink(), isClosed: true };
    expect(await exportLinesInParallel(run(EVERYTHING, { sink: closed }).fields, task)).toBe(0);
  });

  it('fails as one thread fails', async () => {
    const { fields, task } = run(EVERYTHING);
    await expect(
      exportLinesInParallel(fields, { ...task, path: join(folder, 'gone.db') }),
    ).rejects.toMatchObject({ code: 'messages_db_missing' });
  });
});
