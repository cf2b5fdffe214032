import { messageGuid, type MessageGuid } from '../domain/index.ts';
import type { GuidChunk } from './protocol.ts';

const GUID_BYTES = 16;
/** They are written once: large ones take less to keep. */
export const GUID_CHUNK_ROWS = 256;
const UUID = /^[\dA-F]{8}-[\dA-F]{4}-[\dA-F]{4}-[\dA-F]{4}-[\dA-F]{12}$/u;

/** Guids as Messages makes them, upper-case UUIDs, packed. `others` are the rows whose guid has another form. */
export function guidChunks(rows: readonly { readonly rowId: number; readonly guid: string }[]): {
  readonly chunks: readonly GuidChunk[];
  readonly others: readonly number[];
} {
  const chunks = new Map<number, Buffer>();
  const others: number[] = [];
  for (const { rowId, guid } of rows) {
    if (UUID.test(guid)) {
      const chunk = Math.floor(rowId / GUID_CHUNK_ROWS);
      let guids = chunks.get(chunk);
      if (guids === undefined) {
        guids = Buffer.alloc(GUID_CHUNK_ROWS * GUID_BYTES);
        chunks.set(chunk, guids);
      }
      packed(guid).copy(guids, (rowId % GUID_CHUNK_ROWS) * GUID_BYTES);
    } else {
      others.push(rowId);
    }
  }
  return { chunks: [...chunks].map(([chunk, guids]) => ({ chunk, guids })), others };
}

/** `null` where the chunk holds none for the row. */
export function guidIn(guids: Uint8Array, rowId: number): MessageGuid | null {
  const at = (rowId % GUID_CHUNK_ROWS) * GUID_BYTES;
  const hex = Buffer.from(guids.subarray(at, at + GUID_BYTES))
    .toString('hex')
    .toUpperCase();
  return /^0*$/u.test(hex)
    ? null
    : messageGuid(
        [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
      );
}

/** Which of `wanted` the chunks hold. */
export function guidsAmong(chunks: Iterable<Buffer>, wanted: readonly MessageGuid[]): readonly MessageGuid[] {
  const left = new Map(
    wanted.filter((guid) => UUID.test(guid)).map((guid) => [packed(guid).toString('latin1'), guid]),
  );
  const found: MessageGuid[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length && left.size > 0; at += GUID_BYTES) {
      const bytes = chunk.toString('latin1', at, at + GUID_BYTES);
      const guid = left.get(bytes);
      if (guid !== undefined) {
        found.push(guid);
        left.delete(bytes);
      }
    }
  }
  return found;
}

function packed(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex');
}

/** What two parts of one chunk say together: a later one adds rows that an earlier one lacks. */
export function mergedGuids(before: Uint8Array | null, added: Uint8Array): Uint8Array {
  return before === null ? added : added.map((byte, index) => byte | (before[index] ?? 0));
}
