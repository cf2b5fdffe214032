import { statfs } from 'node:fs/promises';
import type { Instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';

/** A refusal for want of space is told of for so long, unless a file is taken before. */
const REFUSAL_MS = 10 * 60_000;

/** What of the disk matters to health. Sizes in bytes; `null` while it could not be asked. */
export interface DiskState {
  readonly freeBytes: number | null;
  readonly reserveBytes: number;
  /** When the system last refused to store a file for want of space, if that was lately. */
  readonly refusedAt: Instant | null;
}

/** How it is said that there is no room: the disk is full, the user's share of it, or the disk of our database. */
const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_ROOM.has(error.code);
}

/** Watches the room on the disk of one folder. What a look found is kept, so that health runs nothing. */
export class FreeSpace {
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #clock: Clock;
  #freeBytes: number | null = null;
  #refusedAt: Instant | null = null;

  constructor(options: { readonly folder: string; readonly reserveBytes: number; readonly clock: Clock }) {
    this.#folder = options.folder;
    this.#reserveBytes = options.reserveBytes;
    this.#clock = options.clock;
  }

  /** Whether so many bytes fit without touching the reserve. A disk that cannot be asked is tried. */
  async hasRoomFor(bytes: number): Promise<boolean> {
    await this.look();
    return this.#freeBytes === null || this.#freeBytes - bytes >= this.#reserveBytes;
  }

  async look(): Promise<void> {
    const found = await statfs(this.#folder).catch(() => null);
    this.#freeBytes = found === null ? null : found.bavail * found.bsize;
  }

  noteRefusal(): void {
    this.#refusedAt = this.#clock.now();
  }

  noteStored(): void {
    this.#refusedAt = null;
  }

  state(): DiskState {
    const refusedAt = this.#refusedAt;
    const isRecent = refusedAt !== null && this.#clock.now() - refusedAt < REFUSAL_MS;
    return {
      freeBytes: this.#freeBytes,
      reserveBytes: this.#reserveBytes,
      refusedAt: isRecent ? refusedAt : null,
    };
  }
}
