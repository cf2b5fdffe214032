import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { instant } from '../domain/index.ts';
import { BluelineError, errorCode, type Clock, type Logger } from '../runtime/index.ts';
import { isNoRoom, type FreeSpace } from './free-space.ts';
import type { Upload, UploadStore } from './upload-store.ts';

/** A file as a send script is given it. */
export interface StagedFile {
  /** Absolute, and within a folder that the sandbox of Messages may read. */
  readonly path: string;
  /** The last part of the path: what the recipient sees, and what the row's attachment will be called. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Far longer than a command takes from the first of its files being copied to being stored. */
const STORING_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/**
 * Lays copies of uploads into `Attachments/Blueline/<uuid>/` of Messages' own folder: its sandbox reads no file of ours,
 * and answers a path outside with success and a message that is never delivered (error 25).
 */
export class Staging {
  readonly #folder: string;
  readonly #uploads: UploadStore;
  readonly #space: FreeSpace;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** How long a copy stays after its command has ended, in ms. */
  readonly #keepMs: number;

  constructor(options: {
    readonly messagesFolder: string;
    readonly uploads: UploadStore;
    readonly space: FreeSpace;
    readonly clock: Clock;
    readonly log: Logger;
    readonly keepMs: number;
  }) {
    this.#folder = join(options.messagesFolder, 'Attachments', 'Blueline');
    this.#uploads = options.uploads;
    this.#space = options.space;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#keepMs = options.keepMs;
  }

  /**
   * The copy of an upload for a command; the same again while it stands.
   * @throws BluelineError `disk_full`, `staging_failed`.
   */
  async stage(upload: Upload, source: string, commandId: string): Promise<StagedFile> {
    this.#uploads.hold(upload.id, commandId, this.#clock.now());
    const earlier = this.#uploads.use(upload.id, commandId)?.folder ?? null;
    const standing = earlier === null ? null : await this.#standing(earlier, upload);
    if (standing !== null) {
      return standing;
    }
    const name = randomUUID();
    const path = join(this.#folder, name, upload.name);
    // Before the copy: what a crash leaves half done is then known by name.
    this.#uploads.setFolder(upload.id, commandId, name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // A clone where the file system can (APFS), else a copy of the bytes. Never over something that is there.
      await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await chmod(path, 0o600);
    } catch (error) {
      await this.#remove(name);
      this.#uploads.setFolder(upload.id, commandId, null);
      throw this.#failure(error);
    }
    return { path, name: upload.name, size: upload.size };
  }

  /** Removes what may go: copies whose time is over, and folders that nobody knows of. */
  async prune(): Promise<void> {
    const now = this.#clock.now();
    const kept = new Set<string>();
    for (const use of this.#uploads.uses()) {
      if (use.releaseAt === null || use.releaseAt > now) {
        kept.add(use.folder ?? '');
      } else if (await this.#remove(use.folder)) {
        this.#uploads.removeUse(use);
      }
    }
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (UUID.test(name) && !kept.has(name) && (await this.#isOld(name))) {
        await this.#remove(name);
      }
    }
  }

  /** Lets the copies of a command go after their time. */
  release(commandId: string): void {
    this.#uploads.release(commandId, instant(this.#clock.now() + this.#keepMs));
  }

  /** The commands that hold something and have had the time to be stored: a file is laid out before its command is. */
  holders(): ReadonlySet<string> {
    const settledAt = this.#clock.now() - STORING_MS;
    const open = this.#uploads
      .uses()
      .filter(({ releaseAt, since }) => releaseAt === null && since <= settledAt);
    return new Set(open.map(({ commandId }) => commandId));
  }

  async #standing(folder: string, upload: Upload): Promise<StagedFile | null> {
    const path = join(this.#folder, folder, upload.name);
    const found = await stat(path).catch(() => null);
    return found?.isFile() === true && found.size === upload.size
      ? { path, name: upload.name, size: upload.size }
      : null;
  }

  /** A copy of another store, or of one that was lost, is left alone until Messages can no longer want it. */
  async #isOld(name: string): Promise<boolean> {
    const found = await stat(join(this.#folder, name)).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > this.#keepMs;
  }

  async #remove(name: string | null): Promise<boolean> {
    if (name === null) {
      return true;
    }
    try {
      await rm(join(this.#folder, name), { recursive: true, force: true });
      return true;
    } catch (error) {
      this.#log.warn({ code: errorCode(error) }, 'A staged file could not be removed; it is tried again');
      return false;
    }
  }

  #failure(error: unknown): BluelineError {
    if (isNoRoom(error)) {
      this.#space.noteRefusal();
      return new BluelineError('disk_full', 'The disk has no room for the copy that Messages is to send.', {
        advice: 'Free some space on this Mac; the command can be sent again then.',
        cause: error,
      });
    }
    return new BluelineError('staging_failed', "The file could not be laid into Messages' folder.", {
      advice:
        'Allow the program that runs Blueline under System Settings › Privacy & Security › Full Disk Access.',
      cause: error,
    });
  }
}
