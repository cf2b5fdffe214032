import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWithin } from './attachment-files.ts';

let root: string;
let folder: string;
let database: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'blueline-inbox-')));
  folder = join(root, 'Messages');
  database = join(folder, 'chat.db');
  mkdirSync(join(folder, 'Attachments/ab/00'), { recursive: true });
  mkdirSync(join(root, 'Messages-other'));
  for (const name of [
    'Messages/chat.db',
    'Messages/chat.db-wal',
    'Messages/chat.db-shm',
    'Messages/Attachments/ab/00/a.png',
    'Messages-other/secret',
    'secret',
  ]) {
    writeFileSync(join(root, name), name);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is in the file that was opened, or why none was. */
async function outcome(path: string): Promise<string> {
  const result = await openWithin(database, path);
  if (result.outcome === 'refused') {
    return result.reason;
  }
  try {
    return await result.file.handle.readFile('utf8');
  } finally {
    await result.file.handle.close();
  }
}

const within = (path: string) => join(folder, path);

describe('openWithin', () => {
  it('opens a file of Messages, and knows when it is another', async () => {
    const path = within('Attachments/ab/00/a.png');
    expect(await outcome(path)).toBe('Messages/Attachments/ab/00/a.png');
    const version = async () => {
      const result = await openWithin(database, path);
      if (result.outcome === 'refused') {
        return result.reason;
      }
      await result.file.handle.close();
      return result.file.version;
    };
    const before = await version();
    expect(await version()).toBe(before);
    writeFileSync(`${path}.new`, 'longer than it was before, by some');
    renameSync(`${path}.new`, path);
    expect(await version()).not.toBe(before);
  });

  it.each([
    ['a path outside', () => join(root, 'secret'), 'outside'],
    ['a way out by ..', () => `${folder}/Attachments/../../secret`, 'outside'],
    ['a folder whose name begins the same', () => join(root, 'Messages-other/secret'), 'outside'],
    ['a path outside that does not exist', () => join(root, 'none'), 'outside'],
    ['a relative path', () => 'Attachments/ab/00/a.png', 'outside'],
    ['an unexpanded home', () => '~/Library/Messages/Attachments/ab/00/a.png', 'outside'],
    ['a path with a zero byte', () => `${within('Attachments/ab/00/a.png')}\0.txt`, 'outside'],
    ['nothing', () => '', 'outside'],
    ['a device', () => '/dev/zero', 'outside'],
    ['a process file', () => '/proc/self/environ', 'outside'],
    ['a file that is not there', () => within('Attachments/none.png'), 'missing'],
    ['a folder', () => within('Attachments/ab'), 'not_a_file'],
    ['the folder of Messages itself', () => folder, 'outside'],
    ['a file taken for a folder', () => within('Attachments/ab/00/a.png/x'), 'missing'],
    ['the database', () => within('chat.db'), 'database'],
    ['its WAL', () => within('chat.db-wal'), 'database'],
    ['its index', () => within('Attachments/../chat.db-shm'), 'database'],
  ])('does not open %s', async (_, path, reason) => {
    expect(await outcome(path())).toBe(reason);
  });

  it('follows no link out, neither of the file nor of a folder on the way', async () => {
    symlinkSync(join(root, 'secret'), within('Attachments/link.png'));
    symlinkSync(root, within('Attachments/up'));
    symlinkSync(within('Attachments/loop'), within('Attachments/loop'));
    expect(await outcome(within('Attachments/link.png'))).toBe('outside');
    expect(await outcome(within('Attachments/up/secret'))).toBe('outside');
    expect(await outcome(within('Attachments/loop'))).toBe('missing');
  });

  it('follows a link that stays inside', async () => {
    symlinkSync(within('Attachments/ab/00/a.png'), within('Attachments/inside.png'));
    expect(await outcome(within('Attachments/inside.png'))).toBe('Messages/Attachments/ab/00/a.png');
  });

  it('does not open the database under another name', async () => {
    linkSync(database, within('Attachments/hard.png'));
    symlinkSync(database, within('Attachments/soft.png'));
    expect(await outcome(within('Attachments/hard.png'))).toBe('database');
    expect(await outcome(within('Attachments/soft.png'))).toBe('database');
  });

  it('does not wait at a pipe', async () => {
    execFileSync('mkfifo', [within('Attachments/pipe')]);
    expect(await outcome(within('Attachments/pipe'))).toBe('not_a_file');
  });

  it('serves attachments that the owner has moved to another disk', async () => {
    renameSync(within('Attachments'), join(root, 'Disk'));
    symlinkSync(join(root, 'Disk'), within('Attachments'));
    expect(await outcome(within('Attachments/ab/00/a.png'))).toBe('Messages/Attachments/ab/00/a.png');
    expect(await outcome(`${folder}/Attachments/../secret`)).toBe('outside');
  });

  it('serves by the folder as it was configured, when that is a link itself', async () => {
    symlinkSync(folder, join(root, 'configured'));
    const configured = join(root, 'configured/chat.db');
    const result = await openWithin(configured, join(root, 'configured/Attachments/ab/00/a.png'));
    expect(result.outcome).toBe('opened');
    if (result.outcome === 'opened') {
      await result.file.handle.close();
    }
  });
});
