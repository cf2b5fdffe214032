import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arriving, chunks, HOUR_MS, KEY, makeRoom, writeConverter, type TestRoom } from './test-room.ts';
import type { Upload } from './upload-store.ts';

let room: TestRoom;
beforeEach(async () => {
  room = await makeRoom();
});
afterEach(() => room.close());

async function handIn(content = 'hello', name = 'a.txt'): Promise<Upload> {
  const result = await room.uploads.receive(arriving(chunks(content), { name }));
  if (result.outcome === 'refused') {
    throw new Error(result.reason);
  }
  return result.upload;
}

const pathOf = (upload: Upload) => join(room.folder, 'uploads', upload.id, upload.name);
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a file that is handed in', () => {
  it('is kept under its name, for its owner alone, and found again', async () => {
    const upload = await handIn('hello', '../Über.txt');
    expect(upload).toMatchObject({ keyId: KEY, name: 'Über.txt', mediaType: 'text/plain', size: 5 });
    expect(upload.expiresAt - upload.createdAt).toBe(24 * HOUR_MS);
    expect(readFileSync(pathOf(upload), 'utf8')).toBe('hello');
    expect([modeOf(pathOf(upload)), modeOf(join(pathOf(upload), '..'))]).toEqual([0o600, 0o700]);
    const again = await room.restart();
    expect(again.find(upload.id)).toEqual(upload);
    const opened = await again.open(upload.id);
    expect(await opened?.handle.readFile('utf8')).toBe('hello');
    await opened?.handle.close();
  });

  it.each([
    ['empty', () => arriving(chunks())],
    ['too_large', () => arriving(chunks(Buffer.alloc(600_000), Buffer.alloc(600_000)))],
    ['cut', () => arriving(breaking())],
  ])('leaves nothing when it is refused: %s', async (reason, request) => {
    expect(await room.uploads.receive(request())).toEqual({ outcome: 'refused', reason });
    expect(room.kept()).toEqual([]);
  });

  it('leaves nothing when the bridge stops while it arrives', async () => {
    let isReading: () => void = () => undefined;
    const reading = new Promise<void>((resolve) => {
      isReading = () => resolve();
    });
    const endless = async function* () {
      for (;;) {
        yield Buffer.alloc(1000);
        isReading();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await room.close();
    room = await makeRoom({ maxBytes: Number.MAX_SAFE_INTEGER });
    const ending = room.uploads.receive(arriving(endless()));
    await reading;
    expect(room.kept()).toHaveLength(1);
    await room.uploads.stop();
    expect(await ending).toEqual({ outcome: 'refused', reason: 'cut' });
    expect(room.kept()).toEqual([]);
  });

  it('is refused while it would take what is to stay free, and says so until there is room', async () => {
    await room.close();
    room = await makeRoom({ reserveBytes: Number.MAX_SAFE_INTEGER });
    expect(await room.uploads.receive(arriving(chunks('hello')))).toEqual({
      outcome: 'refused',
      reason: 'no_room',
    });
    expect(room.kept()).toEqual([]);
    const { freeBytes, reserveBytes, refusedAt } = room.uploads.disk();
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThan(reserveBytes);
    expect(refusedAt).toBe(room.clock.now());
    room.clock.advance(HOUR_MS);
    expect(room.uploads.disk().refusedAt).toBeNull();
  });

  it('counts what the client announces, before a byte is read', async () => {
    await room.close();
    room = await makeRoom({ reserveBytes: 1 });
    const unread = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.reject(new Error('it was read'));
    };
    const request = arriving(unread(), { announcedBytes: Number.MAX_SAFE_INTEGER });
    expect(await room.uploads.receive(request)).toEqual({ outcome: 'refused', reason: 'no_room' });
  });

  it('goes after its time, and what a crash left goes at the start', async () => {
    const upload = await handIn();
    mkdirSync(join(room.folder, 'uploads/file_01KAHV6MZ8T5N2Q4X7C9D1E3FG'));
    writeFileSync(join(room.folder, 'uploads/file_01KAHV6MZ8T5N2Q4X7C9D1E3FG/partial'), 'half');
    writeFileSync(join(room.folder, 'uploads/not-ours'), '');
    await room.restart();
    expect(room.kept().toSorted()).toEqual([upload.id, 'not-ours']);
    room.clock.advance(24 * HOUR_MS);
    await room.uploads.prune();
    expect(room.kept()).toEqual(['not-ours']);
    expect(room.uploads.find(upload.id)).toBeNull();
    expect(await room.uploads.open(upload.id)).toBeNull();
  });
});

describe('staging', () => {
  const COMMAND = 'obx_1';
  beforeEach(() => {
    room.open.add(COMMAND);
  });

  it('copies the bytes under the same name into a folder of their own', async () => {
    const upload = await handIn('hello', 'Bär im Wald.txt');
    const staged = await room.uploads.stage(upload.id, COMMAND);
    expect(staged).toMatchObject({ name: 'Bär im Wald.txt', size: 5 });
    expect(staged.path).toMatch(
      new RegExp(`^${room.folder}/Messages/Attachments/Blueline/[0-9a-f-]{36}/Bär im Wald\\.txt$`, 'u'),
    );
    expect(readFileSync(staged.path, 'utf8')).toBe('hello');
    expect([modeOf(staged.path), modeOf(join(staged.path, '..'))]).toEqual([0o600, 0o700]);
    expect(statSync(staged.path).ino).not.toBe(statSync(pathOf(upload)).ino);
  });

  it('gives the same copy again, also after a restart, and another to another command', async () => {
    const upload = await handIn();
    const first = await room.uploads.stage(upload.id, COMMAND);
    const again = await room.restart();
    expect(await again.stage(upload.id, COMMAND)).toEqual(first);
    room.open.add('obx_2');
    expect((await again.stage(upload.id, 'obx_2')).path).not.toBe(first.path);
    expect(room.staged()).toHaveLength(2);
  });

  it('copies anew what is no longer whole', async () => {
    const upload = await handIn();
    const first = await room.uploads.stage(upload.id, COMMAND);
    writeFileSync(first.path, 'he');
    const second = await room.uploads.stage(upload.id, COMMAND);
    expect(readFileSync(second.path, 'utf8')).toBe('hello');
  });

  it('keeps both for as long as the command is open, and the copy for a day more', async () => {
    const upload = await handIn();
    const staged = await room.uploads.stage(upload.id, COMMAND);
    room.clock.advance(72 * HOUR_MS);
    await room.uploads.prune();
    expect(room.kept()).toEqual([upload.id]);
    await room.uploads.release(COMMAND);
    await room.uploads.prune();
    expect(room.kept()).toEqual([]);
    expect(readFileSync(staged.path, 'utf8')).toBe('hello');
    room.clock.advance(24 * HOUR_MS);
    await room.uploads.prune();
    expect(room.staged()).toEqual([]);
  });

  it('keeps an upload that is only held, until the command lets it go', async () => {
    const upload = await handIn();
    room.uploads.hold(upload.id, COMMAND);
    room.clock.advance(25 * HOUR_MS);
    await room.uploads.prune();
    expect(room.uploads.find(upload.id)).not.toBeNull();
    await room.uploads.release(COMMAND);
    await room.uploads.prune();
    expect(room.uploads.find(upload.id)).toBeNull();
  });

  it('lets go what belongs to a command that ended unseen', async () => {
    const upload = await handIn();
    await room.uploads.stage(upload.id, COMMAND);
    room.open.clear();
    const again = await room.restart();
    room.clock.advance(HOUR_MS);
    await again.prune();
    room.clock.advance(24 * HOUR_MS);
    await again.prune();
    expect([room.staged(), room.kept()]).toEqual([[], []]);
  });

  it('waits for a command that is stored only after its files have been copied', async () => {
    room.open.clear();
    const upload = await handIn();
    await room.uploads.stage(upload.id, COMMAND);
    await room.uploads.prune();
    room.open.add(COMMAND);
    room.clock.advance(72 * HOUR_MS);
    await room.uploads.prune();
    expect([room.staged().length, room.kept()]).toEqual([1, [upload.id]]);
  });

  it('removes old folders of a store that is gone, and nothing else', async () => {
    const folder = join(room.folder, 'Messages/Attachments/Blueline');
    const [old, young] = ['5f0e9a54-3d56-4c9e-8f4e-0a1b2c3d4e5f', '6f0e9a54-3d56-4c9e-8f4e-0a1b2c3d4e5f'];
    for (const name of [old, young, 'notes']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const longAgo = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(folder, old), longAgo, longAgo);
    utimesSync(join(folder, 'notes'), longAgo, longAgo);
    await room.restart();
    expect(room.staged().toSorted()).toEqual([young, 'notes']);
  });

  it('says what is wrong: no such upload, or a folder that does not let us in', async () => {
    await expect(room.uploads.stage('file_01KAHV6MZ8T5N2Q4X7C9D1E3FG', COMMAND)).rejects.toMatchObject({
      code: 'upload_not_found',
    });
    const upload = await handIn();
    writeFileSync(join(room.folder, 'Messages'), 'in the way');
    await expect(room.uploads.stage(upload.id, COMMAND)).rejects.toMatchObject({ code: 'staging_failed' });
  });
});

describe('a sound', () => {
  it('is converted once, and the result is an upload of the same key', async () => {
    writeConverter(join(room.folder, 'afconvert'), 'echo "$@" >> "$(dirname "$0")/calls"; cp "$5" "$6"');
    const sound = await handIn('la la la', 'song.mp3');
    const voice = await room.uploads.toVoice(sound);
    expect(voice).toMatchObject({ keyId: KEY, name: 'song.caf', mediaType: 'audio/x-caf', size: 8 });
    expect(await room.uploads.toVoice(sound)).toEqual(voice);
    expect(await room.uploads.toVoice(voice)).toEqual(voice);
    const calls = readFileSync(join(room.folder, 'calls'), 'utf8');
    expect(calls).toBe(
      `-f caff -d aac ${pathOf(sound)} ${join(room.folder, 'uploads', voice.id)}/converted.caf\n`,
    );
    expect(readFileSync(pathOf(voice), 'utf8')).toBe('la la la');
  });

  it.each([
    ['there is no converter', null],
    ['the converter fails', 'echo half > "$6"; exit 1'],
    ['the converter makes nothing', 'exit 0'],
  ])('is sent as it is where %s', async (_, script) => {
    if (script !== null) {
      writeConverter(join(room.folder, 'afconvert'), script);
    }
    const sound = await handIn('la la la', 'song.mp3');
    expect(await room.uploads.toVoice(sound)).toEqual(sound);
    expect(room.kept()).toEqual([sound.id]);
  });
});

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('aborted');
}
