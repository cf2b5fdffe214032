import { mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Tail, type TailLook } from './tail.ts';
import { buildIndex, buildWal, type Frame, type Generation } from './test-wal-builder.ts';

const commit = (page: number, fill = page): Frame => ({ page, fill, isCommit: true });
const inside = (page: number, fill = page): Frame => ({ page, fill, isCommit: false });

const generation = (salt1: number, ...frames: readonly Frame[]): Generation => ({ salt1, salt2: 7, frames });

/** Page → what its bytes are. */
function pagesOf(look: TailLook): ReadonlyMap<number, number | undefined> | string {
  if (look.state !== 'frames') {
    return look.state === 'lost' ? look.reason : look.state;
  }
  const pages = new Map<number, number | undefined>();
  look.batch.forEach((page) => pages.set(page, look.batch.image(page)[100]));
  return pages;
}

describe('the tail', () => {
  let folder: string;
  let walPath: string;
  let indexPath: string;
  let tail: Tail;
  let isIndexCurrent: boolean;
  let nowMs = 0;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    walPath = join(folder, 'some.db-wal');
    indexPath = join(folder, 'some.db-shm');
    isIndexCurrent = true;
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** As after a writer's commit: some frames may be in the file and not visible yet; a longer file keeps its tail. */
  const publish = (log: Generation, changes: number, visible = log.frames.length, keep?: Generation) => {
    const { wal } = buildWal(log);
    const rest = keep === undefined ? Buffer.alloc(0) : buildWal(keep).wal.subarray(wal.length);
    writeFileSync(walPath, Buffer.concat([wal, rest]));
    writeFileSync(indexPath, buildIndex(log, visible, changes));
  };

  const start = (log: Generation, changes: number, visible = log.frames.length) => {
    publish(log, changes, visible);
    tail = new Tail({
      walPath,
      indexFd: openSync(indexPath, 'r'),
      isIndexCurrent: () => isIndexCurrent,
      nowMs: () => nowMs,
    });
    expect(tail.look()).toEqual({ state: 'lost', reason: 'not_built' });
    tail.restart();
    expect(tail.look()).toEqual({ state: 'same' });
  };

  it('gives the last image of each page since the last look', () => {
    start(generation(1, commit(2)), 1);
    publish(generation(1, commit(2), inside(3), commit(4), inside(3, 33), commit(5)), 3);
    const look = tail.look();
    expect(look).toMatchObject({
      state: 'frames',
      proof: 'same_generation',
      batch: { commits: 2, frames: 4 },
    });
    expect(pagesOf(look)).toEqual(
      new Map([
        [4, 4],
        [3, 33],
        [5, 5],
      ]),
    );
    expect(tail.look()).toEqual({ state: 'same' });
  });

  it('reads nothing that is not visible yet, and reads it as soon as it is', () => {
    const log = generation(1, commit(2), inside(3), commit(4));
    start(log, 1, 1);
    publish(log, 2);
    expect(pagesOf(tail.look())).toEqual(
      new Map([
        [3, 3],
        [4, 4],
      ]),
    );
  });

  it('is lost when the count of commits is another one than the frames’', () => {
    start(generation(1, commit(2)), 1);
    publish(generation(1, commit(2), commit(3)), 3);
    expect(pagesOf(tail.look())).toBe('commit_count');
  });

  it('is lost when fewer frames are committed than before', () => {
    start(generation(1, commit(2), commit(3)), 2);
    publish(generation(1, commit(2)), 3);
    expect(pagesOf(tail.look())).toBe('went_back');
  });

  it('is lost when the frames are not those that were published', () => {
    start(generation(1, commit(2)), 1);
    writeFileSync(indexPath, buildIndex(generation(1, commit(2), commit(3, 30)), 2, 2));
    writeFileSync(walPath, buildWal(generation(1, commit(2), commit(3, 31))).wal);
    expect(pagesOf(tail.look())).toBe('wal_mismatch');
  });

  it('takes the frames that a sector is filled up with for one commit', () => {
    start(generation(1, commit(2)), 1);
    const padded = [inside(3), commit(4), commit(4), commit(4)];
    publish(generation(1, commit(2), ...padded), 2);
    expect(tail.look()).toMatchObject({ state: 'frames', batch: { commits: 1, frames: 4 } });
    // Two real commits may look the same.
    publish(generation(1, commit(2), ...padded, commit(5), commit(5)), 4);
    expect(tail.look()).toMatchObject({ state: 'frames', batch: { commits: 2, frames: 2 } });
  });

  it('proves a reset by the count of commits', () => {
    start(generation(1, commit(2), commit(3)), 2);
    publish(generation(2, inside(2, 22), commit(4), commit(5)), 4);
    const look = tail.look();
    expect(look).toMatchObject({ proof: 'reset_proved', batch: { commits: 2 } });
    expect(pagesOf(look)).toEqual(
      new Map([
        [2, 22],
        [4, 4],
        [5, 5],
      ]),
    );
  });

  it('goes on counting when the count begins again at 0', () => {
    start(generation(1, commit(2)), 2 ** 32 - 1);
    publish(generation(1, commit(2), commit(3)), 0);
    expect(tail.look()).toMatchObject({ proof: 'same_generation', batch: { commits: 1 } });
    publish(generation(2, commit(2)), 1);
    expect(tail.look()).toMatchObject({ proof: 'reset_proved', batch: { commits: 1 } });
  });

  it('salvages the commits that the new ones have not overwritten yet', () => {
    const old = generation(1, commit(2), commit(3), inside(4), commit(5), commit(6));
    start(old, 1, 1);
    publish(generation(2, commit(5, 55)), 5, 1, old);
    const look = tail.look();
    expect(look).toMatchObject({ proof: 'salvaged', batch: { commits: 4, frames: 5 } });
    expect(pagesOf(look)).toEqual(
      new Map([
        [5, 55],
        [3, 3],
        [4, 4],
        [6, 6],
      ]),
    );
  });

  it('takes no more from the old tail than was committed', () => {
    // The last frame belongs to a writer that was killed before it had published it.
    const old = generation(1, commit(2), commit(3), commit(4), commit(9));
    start(old, 1, 1);
    publish(generation(2, commit(5)), 4, 1, old);
    expect(pagesOf(tail.look())).toEqual(
      new Map([
        [5, 5],
        [3, 3],
        [4, 4],
      ]),
    );
  });

  it.each([
    ['the new frames have overwritten the old ones', 2, [commit(5), commit(6), commit(7)], 6],
    ['a whole generation lies between', 3, [commit(5)], 5],
    ['there are fewer in the file than are missing', 2, [commit(5)], 9],
    ['it is not certain how many are missing', 2, [commit(5), commit(5)], 5],
  ])('is lost when %s', (_why, salt1, frames, changes) => {
    const old = generation(1, commit(2), commit(3), commit(4), commit(9));
    start(old, 2, 2);
    publish(generation(salt1, ...frames), changes, frames.length, old);
    expect(pagesOf(tail.look())).toBe('commits_unseen');
  });

  it('is lost when the WAL is another one than a reset would leave', () => {
    start(generation(1, commit(2)), 1);
    publish(generation(0xabcd_ef01, commit(3)), 2);
    expect(pagesOf(tail.look())).toBe('new_generation');
    publish(generation(2, commit(3)), 2);
    isIndexCurrent = false;
    expect(pagesOf(tail.look())).toBe('replaced');
  });

  it('follows new salts into a log that was empty', () => {
    start(generation(1), 1);
    publish(generation(0xabcd_ef01, commit(3)), 2);
    expect(tail.look()).toMatchObject({ proof: 'reset_proved', batch: { commits: 1 } });
  });

  it('opens the WAL again when another file has its name', () => {
    start(generation(1, commit(2)), 1);
    renameSync(walPath, `${walPath}.old`);
    publish(generation(2, commit(3)), 2);
    expect(pagesOf(tail.look())).toEqual(new Map([[3, 3]]));
  });

  it('waits for a header that is half written, and gives up on one that stays so', () => {
    start(generation(1, commit(2)), 1);
    const log = generation(1, commit(2), commit(3));
    const torn = buildIndex(log, 2, 2);
    torn.writeUInt32LE(1, 48 + 8);
    writeFileSync(walPath, buildWal(log).wal);
    writeFileSync(indexPath, torn);
    expect(tail.look()).toEqual({ state: 'same' });
    nowMs += 999;
    expect(tail.look()).toEqual({ state: 'same' });
    nowMs += 1;
    expect(tail.look()).toEqual({ state: 'lost', reason: 'index_torn' });
    expect(tail.tornHeaders).toBeGreaterThan(0);
    publish(log, 2);
    expect(pagesOf(tail.look())).toEqual(new Map([[3, 3]]));
  });

  it('gives an image of a large batch only as it was verified', () => {
    const many = Array.from({ length: 5000 }, (_, index) => commit(index + 10, (index % 200) + 20));
    const log = generation(1, commit(2), ...many);
    start(log, 1, 1);
    publish(log, 5001);
    const look = tail.look();
    expect(pagesOf(look)).toEqual(new Map(many.map(({ page, fill }) => [page, fill])));
    writeFileSync(walPath, buildWal(generation(2, ...many)).wal);
    expect(() => pagesOf(look)).toThrow(expect.objectContaining({ reason: 'overwritten' }));
  });
});
