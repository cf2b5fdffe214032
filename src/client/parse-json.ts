import type { RawData } from 'ws';

/** `null` where it is no JSON, which no answer and no frame of a bridge is. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The same of a WebSocket message. */
export function parseFrame(data: RawData): unknown {
  return Buffer.isBuffer(data) ? parseJson(data.toString('utf8')) : null;
}
