import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { HEAD_BYTES } from './media-type.ts';
import { isNoRoom, type FreeSpace } from './free-space.ts';

/** After so many bytes the disk is looked at again: other uploads and programs fill it too. */
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;
/** What is held of a file that arrives, beside what the socket and the disk have under way. */
const BUFFER_BYTES = 128 * 1024;

export type ReceivedFile =
  | { readonly outcome: 'written'; readonly size: number; readonly head: Uint8Array }
  | { readonly outcome: 'refused'; readonly reason: Refusal };

/** `cut`: the sender went away, or the bridge stops. */
export type Refusal = 'empty' | 'too_large' | 'no_room' | 'cut';

/** Ends a transfer for a reason of our own. */
class Refused extends Error {
  readonly reason: Refusal;

  constructor(reason: Refusal) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Writes what arrives to a new file (0600), as fast as the disk takes it and no faster, and flushes it. Whatever stops
 * it on the way, no file is left. The source is not destroyed: it may be a socket that still has to carry an answer.
 */
export async function receiveFile(request: {
  readonly content: AsyncIterable<Uint8Array>;
  readonly path: string;
  readonly maxBytes: number;
  readonly space: FreeSpace;
  readonly signal: AbortSignal;
}): Promise<ReceivedFile> {
  const { path, space, maxBytes } = request;
  const source = new Source(request.content, maxBytes, space);
  try {
    const handle = await open(path, 'wx', 0o600);
    const file = handle.createWriteStream({ flush: true, highWaterMark: BUFFER_BYTES });
    await pipeline(source.chunks(), file, { signal: request.signal });
    return { outcome: 'written', size: source.size, head: source.head() };
  } catch (error) {
    await rm(path, { force: true });
    if (error instanceof Refused) {
      return { outcome: 'refused', reason: error.reason };
    }
    if (isNoRoom(error)) {
      return { outcome: 'refused', reason: 'no_room' };
    }
    if (source.isBroken || request.signal.aborted) {
      return { outcome: 'refused', reason: 'cut' };
    }
    throw error;
  }
}

/** What arrives, counted, with its beginning kept. */
class Source {
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #maxBytes: number;
  readonly #space: FreeSpace;
  readonly #head: Uint8Array[] = [];
  #headSize = 0;
  /** The sender has failed, not the disk. */
  isBroken = false;
  size = 0;

  constructor(content: AsyncIterable<Uint8Array>, maxBytes: number, space: FreeSpace) {
    this.#content = content;
    this.#maxBytes = maxBytes;
    this.#space = space;
  }

  head(): Uint8Array {
    return Buffer.concat(this.#head);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    let lookAt = LOOK_EVERY_BYTES;
    for await (const chunk of this.#arriving()) {
      this.size += chunk.length;
      if (this.size > this.#maxBytes) {
        throw new Refused('too_large');
      }
      if (this.#headSize < HEAD_BYTES) {
        // Copied: a part of a chunk would keep the whole of it.
        const part = Uint8Array.from(chunk.subarray(0, HEAD_BYTES - this.#headSize));
        this.#head.push(part);
        this.#headSize += part.length;
      }
      if (this.size >= lookAt) {
        lookAt = this.size + LOOK_EVERY_BYTES;
        if (!(await this.#space.hasRoomFor(0))) {
          throw new Refused('no_room');
        }
      }
      yield chunk;
    }
    if (this.size === 0) {
      throw new Refused('empty');
    }
  }

  async *#arriving(): AsyncGenerator<Uint8Array> {
    const iterator = this.#content[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#next(iterator);
        if (next.done === true) {
          return;
        }
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  async #next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next();
    } catch (error) {
      this.isBroken = true;
      throw error;
    }
  }
}
