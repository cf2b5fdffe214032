import type { RawData } from 'ws';

/** The JSON of a WebSocket message; `undefined` where it is none. */
export function parseFrame(data: RawData): unknown {
  try {
    // `nodebuffer` is the binary type of every socket here.
    return Buffer.isBuffer(data) ? JSON.parse(data.toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}
