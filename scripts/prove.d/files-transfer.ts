import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { FilesDaemon } from './files-daemon.ts';

const CHUNK_BYTES = 64 * 1024;
const BOUNDARY = 'blueline-prove-files';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Bytes that are not all the same, made as they are needed, with their digest. */
export class Content {
  readonly #hash = createHash('sha256');
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  *chunks(): Generator<Buffer> {
    for (let sent = 0; sent < this.size; sent += CHUNK_BYTES) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.size - sent), sent / CHUNK_BYTES);
      chunk.writeUInt32LE(sent, 0);
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Uploads as the body itself, as a form, or without saying how much will come. */
export function upload(
  daemon: FilesDaemon,
  content: Content,
  way: 'body' | 'form' | 'unannounced',
): Promise<Answer> {
  const head = Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const isForm = way === 'form';
  const length = content.size + (isForm ? head.length + tail.length : 0);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${daemon.url}/v1/files`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${daemon.key}`,
          'x-filename': 'large.bin',
          'content-type': isForm ? `multipart/form-data; boundary=${BOUNDARY}` : 'application/octet-stream',
          ...(way === 'unannounced' ? {} : { 'content-length': length }),
        },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (part: string) => {
          text += part;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    outgoing.on('error', reject);
    void write();

    async function write(): Promise<void> {
      const parts = isForm ? [[head], content.chunks(), [tail]] : [content.chunks()];
      for (const part of parts) {
        for (const chunk of part) {
          if (!outgoing.write(chunk)) {
            await new Promise((drained) => outgoing.once('drain', drained));
          }
        }
      }
      outgoing.end();
    }
  });
}

/** Queues an upload, which has it copied for Messages. Returns the status. */
export async function sendFile(daemon: FilesDaemon, id: string): Promise<number> {
  const answer = await fetch(`${daemon.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to: '+15550001111', attachments: [id] }),
  });
  await answer.text();
  return answer.status;
}

/** Fetches a file and lets its bytes go. */
export async function download(daemon: FilesDaemon, id: string): Promise<string> {
  const answer = await fetch(`${daemon.url}/v1/files/${id}`, {
    headers: { authorization: `Bearer ${daemon.key}` },
  });
  const hash = createHash('sha256');
  for await (const chunk of answer.body ?? []) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** Sends so much of an upload that announces more, and goes away. */
export async function cutUpload(daemon: FilesDaemon, bytes: number, isForm: boolean): Promise<void> {
  const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  const type = isForm ? `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n` : '';
  socket.write(
    `POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${daemon.key}\r\n` +
      `${type}Content-Length: ${bytes * 2}\r\n\r\n`,
  );
  if (isForm) {
    socket.write(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`);
  }
  for (const chunk of new Content(bytes).chunks()) {
    if (!socket.write(chunk)) {
      await new Promise((drained) => socket.once('drain', drained));
    }
  }
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
}
