import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileSink, openStreamSink } from './sink.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-sink-'));
  writeFileSync(at('chat.db'), 'database');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file as the output', () => {
  it('appears when it is complete, for its owner alone', async () => {
    const sink = openFileSink(at('out.jsonl'), at('chat.db'));
    await sink.write('héllo\n');
    expect(existsSync(at('out.jsonl'))).toBe(false);
    await sink.finish();
    sink.abandon();
    expect(readFileSync(at('out.jsonl'), 'utf8')).toBe('héllo\n');
    expect(statSync(at('out.jsonl')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).toSorted()).toEqual(['chat.db', 'out.jsonl']);
  });

  it('leaves nothing, and the old one whole, when it is abandoned', async () => {
    writeFileSync(at('out.jsonl'), 'old');
    const sink = openFileSink(at('out.jsonl'), at('chat.db'));
    await sink.write('new');
    sink.abandon();
    expect(readFileSync(at('out.jsonl'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('replaces what a symbolic link points to, and what is no file is written to', async () => {
    writeFileSync(at('real'), 'old');
    symlinkSync(at('real'), at('link'));
    const sink = openFileSink(at('link'), at('chat.db'));
    await sink.write('new');
    await sink.finish();
    expect(readFileSync(at('real'), 'utf8')).toBe('new');
    const nowhere = openFileSink('/dev/null', at('chat.db'));
    await nowhere.write('gone');
    await nowhere.finish();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('is never the database, nor anything that belongs to it', () => {
    symlinkSync(at('chat.db'), at('alias'));
    for (const name of ['chat.db', 'chat.db-wal', 'chat.db-shm', 'alias']) {
      expect(() => openFileSink(at(name), at('chat.db')), name).toThrow(
        expect.objectContaining({ code: 'export_over_database' }),
      );
    }
    expect(readFileSync(at('chat.db'), 'utf8')).toBe('database');
  });

  it('leaves a second name of the database alone: it is replaced, not written through', async () => {
    linkSync(at('chat.db'), at('hard'));
    const sink = openFileSink(at('hard'), at('chat.db'));
    await sink.write('new');
    await sink.finish();
    expect(readFileSync(at('chat.db'), 'utf8')).toBe('database');
  });

  it('tells of a full disk, and of a folder that cannot take it', () => {
    const full = openFileSink('/dev/full', at('chat.db'));
    expect(() => full.write('x')).toThrow(expect.objectContaining({ code: 'export_disk_full' }));
    full.abandon();
    expect(() => openFileSink(at('missing/out'), at('chat.db'))).toThrow(
      expect.objectContaining({ code: 'export_write_failed' }),
    );
    expect(() => openFileSink(folder, at('chat.db'))).toThrow(
      expect.objectContaining({ code: 'export_write_failed' }),
    );
    chmodSync(folder, 0o700);
  });
});

function release(done: (() => void) | null): void {
  done?.();
}

describe('a stream as the output', () => {
  it('asks to wait while its reader is slower', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const sink = openStreamSink(stream);
    const waiting = sink.write('more than four');
    expect(waiting).toBeInstanceOf(Promise);
    expect(String(stream.read())).toBe('more than four');
    await waiting;
    const finished = sink.finish();
    stream.resume();
    await finished;
  });

  it('waits in the end for what was taken and has not gone out', async () => {
    let done: (() => void) | null = null;
    const written: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write: (piece: string, _encoding, callback) => {
        written.push(piece);
        done = callback;
      },
    });
    const sink = openStreamSink(stream);
    // Less than the stream's mark: it is taken at once, and no `drain` will ever tell that it is out.
    expect(sink.write('little')).toBeUndefined();
    let isFinished = false;
    const finished = sink.finish().then(() => {
      isFinished = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFinished).toBe(false);
    release(done);
    await new Promise((resolve) => setImmediate(resolve));
    release(done);
    await finished;
    expect(written.join('')).toBe('little');
  });

  it('knows when nobody reads any more', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const sink = openStreamSink(stream);
    const waiting = sink.write('x');
    stream.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }));
    await waiting;
    expect(sink.isClosed).toBe(true);
    expect(sink.write('y')).toBeUndefined();
    await sink.finish();
  });

  it('throws what else goes wrong with it', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const sink = openStreamSink(stream);
    const waiting = sink.write('x');
    stream.destroy(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    await expect(waiting).rejects.toMatchObject({ code: 'export_disk_full' });
    expect(sink.isClosed).toBe(false);
  });
});
