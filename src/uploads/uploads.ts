import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isUploadId } from '../contract/index.ts';
import { instant } from '../domain/index.ts';
import {
  BluelineError,
  createSortableIds,
  errorCode,
  type Clock,
  type Logger,
  type Timer,
} from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createAudioConverter, type AudioConverter } from './audio-converter.ts';
import { safeFileName } from './file-name.ts';
import { FreeSpace, isNoRoom, type DiskState } from './free-space.ts';
import { mediaTypeOf } from './media-type.ts';
import { receiveFile, type Refusal } from './receive-file.ts';
import { Staging, type StagedFile } from './staging.ts';
import { createUploadStore, type Upload } from './upload-store.ts';

const PRUNE_EVERY_MS = 10 * 60_000;
/** The disk is looked at for health more often: a warning that is over should go. */
const LOOK_EVERY_MS = 30_000;
/** The name of a file while it arrives. */
const PARTIAL = 'partial';

export type ReceiveResult =
  | { readonly outcome: 'stored'; readonly upload: Upload }
  | { readonly outcome: 'refused'; readonly reason: Refusal };

/** Whoever opened it closes the handle. */
export interface OpenedUpload {
  readonly handle: FileHandle;
  readonly size: number;
  /** Unix time in milliseconds. */
  readonly modifiedAt: number;
  readonly version: string;
}

export interface Uploads {
  /** Bytes that one file may have. */
  readonly maxBytes: number;
  /** Takes a file in. Nothing is left of one that is refused. */
  receive(request: {
    readonly keyId: string;
    readonly name: string | null;
    readonly declaredType: string | null;
    /** Bytes that the client announces; 0 where it does not. */
    readonly announcedBytes: number;
    readonly content: AsyncIterable<Uint8Array>;
  }): Promise<ReceiveResult>;
  find(id: string): Upload | null;
  /** `null` where there is no such upload any more. */
  open(id: string): Promise<OpenedUpload | null>;
  /** The upload as Messages plays it: converted where this Mac can, else as it is. */
  toVoice(upload: Upload): Promise<Upload>;
  /** Keeps an upload while a command needs it, from before it is staged. May be called within a transaction. */
  hold(uploadId: string, commandId: string): void;
  /**
   * Lays a copy where Messages may read it, under the upload's name; the same path again for the same command.
   * @throws BluelineError `upload_not_found`, `disk_full`, `staging_failed`.
   */
  stage(uploadId: string, commandId: string): Promise<StagedFile>;
  /** The command has ended: its copies go after a while, because Messages may still be reading them. */
  release(commandId: string): Promise<void>;
  /** Removes an upload that no command needs but these, which are at their end; `false` where another does. */
  erase(uploadId: string, commandIds: readonly string[]): Promise<boolean>;
  disk(): DiskState;
  /** Removes what is past its time, also what a crash has left. */
  prune(): Promise<void>;
  start(): Promise<void>;
  /** Cuts what is still arriving, and returns when nothing of it is left. */
  stop(): Promise<void>;
}

export function createUploads(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where uploads are kept; made at the start. */
  readonly folder: string;
  /** The folder of chat.db. */
  readonly messagesFolder: string;
  readonly maxBytes: number;
  /** What uploads leave free of the disk. */
  readonly reserveBytes: number;
  /** How long an upload is kept, and a staged copy after its command has ended. */
  readonly keepMs: number;
  /** `/usr/bin/afconvert`, or a stand-in. */
  readonly afconvert: string;
  /** Whether a command may still need its files. */
  readonly isOpen: (commandId: string) => boolean;
}): Uploads {
  return new Room(options, createAudioConverter(options.afconvert));
}

type Options = Parameters<typeof createUploads>[0];

class Room implements Uploads {
  readonly maxBytes: number;
  readonly #options: Options;
  readonly #convert: AudioConverter;
  readonly #uploads: ReturnType<typeof createUploadStore>;
  readonly #space: FreeSpace;
  readonly #staging: Staging;
  readonly #nextId = createSortableIds();
  readonly #abort = new AbortController();
  /** Ids of what is arriving or being made, with the promise of its end. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  #timers: readonly Timer[] = [];

  constructor(options: Options, convert: AudioConverter) {
    const { store, clock, log, folder, messagesFolder, reserveBytes, keepMs } = options;
    this.maxBytes = options.maxBytes;
    this.#options = options;
    this.#convert = convert;
    this.#uploads = createUploadStore(store);
    this.#space = new FreeSpace({ folder, reserveBytes, clock });
    this.#staging = new Staging({
      messagesFolder,
      uploads: this.#uploads,
      space: this.#space,
      clock,
      log,
      keepMs,
    });
  }

  async receive(request: Parameters<Uploads['receive']>[0]): Promise<ReceiveResult> {
    if (!(await this.#space.hasRoomFor(request.announcedBytes))) {
      return this.#refused('no_room');
    }
    try {
      return await this.#receive(request);
    } catch (error) {
      if (isNoRoom(error)) {
        return this.#refused('no_room');
      }
      throw error;
    }
  }

  #receive(request: Parameters<Uploads['receive']>[0]): Promise<ReceiveResult> {
    const { keyId, name, declaredType } = request;
    return this.#guarded(async (id): Promise<ReceiveResult> => {
      const partial = join(this.#folderOf(id), PARTIAL);
      const received = await receiveFile({
        content: request.content,
        path: partial,
        maxBytes: this.maxBytes,
        space: this.#space,
        signal: this.#abort.signal,
      });
      if (received.outcome === 'refused') {
        return this.#refused(received.reason);
      }
      const mediaType = await mediaTypeOf({ head: received.head, declared: declaredType, name });
      const file = { keyId, name: safeFileName(name, mediaType), mediaType, size: received.size };
      const upload = await this.#keep(id, partial, file, null);
      this.#space.noteStored();
      return { outcome: 'stored', upload };
    });
  }

  find(id: string): Upload | null {
    return isUploadId(id) ? this.#uploads.find(id) : null;
  }

  async open(id: string): Promise<OpenedUpload | null> {
    const upload = this.find(id);
    if (upload === null) {
      return null;
    }
    const { O_RDONLY, O_NOFOLLOW } = constants;
    const handle = await open(this.#pathOf(upload), O_RDONLY | O_NOFOLLOW).catch(() => null);
    if (handle === null) {
      return null;
    }
    const { size, mtimeMs } = await handle.stat();
    return { handle, size, modifiedAt: mtimeMs, version: upload.id };
  }

  async toVoice(upload: Upload): Promise<Upload> {
    const made = this.#uploads.findMadeFrom(upload.id);
    if (made !== null || upload.mediaType === CAF) {
      return made ?? upload;
    }
    return this.#guarded(async (id) => {
      const target = join(this.#folderOf(id), 'converted.caf');
      const outcome = await this.#convert(this.#pathOf(upload), target, this.#abort.signal);
      const size = outcome === 'converted' ? await sizeOf(target) : 0;
      if (size === 0) {
        if (outcome !== 'absent') {
          this.#options.log.warn({ file: upload.id }, 'A sound could not be converted; it is sent as it is');
        }
        return upload;
      }
      const name = `${upload.name.replace(/\.[^.]*$/u, '')}.caf`;
      return this.#keep(id, target, { keyId: upload.keyId, name, mediaType: CAF, size }, upload.id);
    });
  }

  hold(uploadId: string, commandId: string): void {
    this.#uploads.hold(uploadId, commandId, this.#options.clock.now());
  }

  async stage(uploadId: string, commandId: string): Promise<StagedFile> {
    const upload = this.find(uploadId);
    if (upload === null) {
      throw new BluelineError(
        'upload_not_found',
        'The file is not there, or no longer: uploads are kept for a day.',
      );
    }
    return this.#staging.stage(upload, this.#pathOf(upload), commandId);
  }

  async release(commandId: string): Promise<void> {
    this.#staging.release(commandId);
  }

  async erase(uploadId: string, commandIds: readonly string[]): Promise<boolean> {
    if (this.find(uploadId) === null || this.#uploads.isNeeded(uploadId, commandIds)) {
      return false;
    }
    await this.#removeFolder(uploadId);
    this.#uploads.remove(uploadId);
    return true;
  }

  disk(): DiskState {
    return this.#space.state();
  }

  async prune(): Promise<void> {
    const { clock, isOpen } = this.#options;
    for (const commandId of this.#staging.holders()) {
      // Its end was not told: the bridge was stopped in between, or another store knows of it.
      if (!isOpen(commandId)) {
        this.#staging.release(commandId);
      }
    }
    await this.#staging.prune();
    for (const { id } of this.#uploads.expired(clock.now())) {
      await this.#removeFolder(id);
      this.#uploads.remove(id);
    }
    const known = new Set(this.#uploads.ids());
    for (const name of await readdir(this.#options.folder)) {
      if (isUploadId(name) && !known.has(name) && !this.#underWay.has(name)) {
        await this.#removeFolder(name);
      }
    }
  }

  async start(): Promise<void> {
    const { clock, folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await Promise.all([this.#space.look(), this.#tryPrune()]);
    this.#timers = [
      clock.every(PRUNE_EVERY_MS, () => void this.#tryPrune()),
      clock.every(LOOK_EVERY_MS, () => void this.#space.look()),
    ];
  }

  async stop(): Promise<void> {
    this.#timers.forEach((timer) => timer.cancel());
    this.#abort.abort();
    await Promise.allSettled(this.#underWay.values());
  }

  /** Makes the folder of a new upload; unless `work` has kept one in it, nothing of it is left. */
  async #guarded<T>(work: (id: string) => Promise<T>): Promise<T> {
    const id = `file_${this.#nextId(this.#options.clock.now())}`;
    const run = async () => {
      try {
        await mkdir(this.#folderOf(id), { recursive: true, mode: 0o700 });
        return await work(id);
      } finally {
        if (this.#uploads.find(id) === null) {
          await this.#removeFolder(id);
        }
        this.#underWay.delete(id);
      }
    };
    const running = run();
    this.#underWay.set(id, running);
    return running;
  }

  async #keep(
    id: string,
    from: string,
    file: Pick<Upload, 'keyId' | 'name' | 'mediaType' | 'size'>,
    source: string | null,
  ): Promise<Upload> {
    const now = this.#options.clock.now();
    const upload: Upload = { id, ...file, createdAt: now, expiresAt: instant(now + this.#options.keepMs) };
    await rename(from, this.#pathOf(upload));
    this.#uploads.add(upload, source);
    return upload;
  }

  #refused(reason: Refusal): ReceiveResult {
    if (reason === 'no_room') {
      this.#space.noteRefusal();
    }
    return { outcome: 'refused', reason };
  }

  #folderOf(id: string): string {
    return join(this.#options.folder, id);
  }

  #pathOf({ id, name }: Upload): string {
    return join(this.#folderOf(id), name);
  }

  async #removeFolder(id: string): Promise<void> {
    await rm(this.#folderOf(id), { recursive: true, force: true });
  }

  async #tryPrune(): Promise<void> {
    try {
      await this.prune();
    } catch (error) {
      this.#options.log.warn(
        { code: errorCode(error) },
        'Old uploads could not be removed; it is tried again',
      );
    }
  }
}

/** Core Audio's own container. */
const CAF = 'audio/x-caf';

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) {
    return 0;
  }
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
