import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorSchema, fileSchema, type WireFile } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import type { Upload, UploadsPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

/** What a form may hold around its one file, in bytes. */
const FORM_BYTES = 65_536;
const FORM_LIMITS = {
  fieldNameSize: 100,
  fieldSize: 4096,
  fields: 20,
  files: 1,
  parts: 21,
  headerPairs: 50,
  // The uploads count for themselves, and tell a file that is too large from one that ends there.
  fileSize: Number.POSITIVE_INFINITY,
} as const;

/** A file of a request, as it arrives. */
interface Arriving {
  readonly name: string | null;
  readonly declaredType: string | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Registered as a plugin, because a body here is never parsed: neither JSON nor anything else is a body of ours, it is a
 * file to be sent.
 */
export function uploadFileRoute(
  uploads: UploadsPort,
): (app: HttpApp, options: unknown, done: () => void) => void {
  return (app, _options, done) => {
    app.removeAllContentTypeParsers();
    void app.register(multipart, { limits: FORM_LIMITS, throwFileSizeLimit: false });
    app.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    void app.register((inner, _, ready) => {
      addRoute(inner, uploads);
      ready();
    });
    done();
  };
}

function addRoute(app: HttpApp, uploads: UploadsPort): void {
  app.post(
    '/v1/files',
    {
      config: { auth: { need: 'key', scope: 'files:write' }, takesFile: true },
      schema: {
        operationId: 'uploadFile',
        summary: 'Hand in a file for sending',
        description:
          'The body is the file itself, with its name in `X-Filename` (as it is, or percent-encoded UTF-8), or a form ' +
          '(multipart/form-data) with one file. It is kept for a day, and only for this key.',
        consumes: ['application/octet-stream', 'multipart/form-data'],
        body: z.unknown().meta({ type: 'string', format: 'binary', description: 'The bytes of the file.' }),
        headers: z.looseObject({
          'x-filename': z.string().optional().meta({ description: 'The name that the recipient will see.' }),
        }),
        response: {
          201: fileSchema,
          ...keyRefusal,
          408: errorSchema,
          413: errorSchema,
          415: errorSchema,
          507: errorSchema,
        },
      },
    },
    async (request, reply) => {
      try {
        const upload = await takeFile(request, uploads);
        return await reply.code(201).send(toWireFile(upload, request.id));
      } finally {
        // What was not read is let go, so that the answer reaches a client that is still sending.
        request.raw.unpipe();
        request.raw.resume();
      }
    },
  );
}

export function toWireFile(upload: Upload, requestId: string): WireFile {
  return {
    id: upload.id,
    mime_type: upload.mediaType,
    size: upload.size,
    filename: upload.name,
    url: `/v1/files/${upload.id}`,
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
    request_id: requestId,
  };
}

async function takeFile(request: FastifyRequest, uploads: UploadsPort): Promise<Upload> {
  const isForm = request.isMultipart();
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > uploads.maxBytes + (isForm ? FORM_BYTES : 0)) {
    throw tooLarge(uploads);
  }
  const file = isForm ? await fileOfForm(request) : fileOfBody(request);
  const { keyId } = grantOf(request);
  const result = await uploads.receive({ ...file, keyId, announcedBytes: announced });
  return storedOrThrow(result, uploads);
}

/** @throws HttpError `empty_file`, `file_too_large`, `disk_full`, `upload_incomplete`. */
export function storedOrThrow(
  result: Awaited<ReturnType<UploadsPort['receive']>>,
  uploads: UploadsPort,
): Upload {
  if (result.outcome === 'stored') {
    return result.upload;
  }
  switch (result.reason) {
    case 'empty':
      throw new HttpError('empty_file');
    case 'too_large':
      throw tooLarge(uploads);
    case 'no_room':
      throw new HttpError('disk_full');
    case 'cut':
      throw new HttpError('upload_incomplete');
    default:
      return result.reason satisfies never;
  }
}

function tooLarge({ maxBytes }: UploadsPort): HttpError {
  return new HttpError('file_too_large', {
    message: `The file is larger than ${maxBytes} bytes, which is what this bridge takes (files.max_bytes).`,
  });
}

function fileOfBody(request: FastifyRequest): Arriving {
  const given = request.headers['x-filename'];
  return {
    name: typeof given === 'string' ? readName(given) : null,
    declaredType: request.headers['content-type'] ?? null,
    // The socket under it still has to carry the answer.
    content: request.raw.iterator({ destroyOnReturn: false }),
  };
}

/** The first file of a form; its other fields mean nothing here. */
async function fileOfForm(request: FastifyRequest): Promise<Arriving> {
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        return {
          name: part.filename,
          declaredType: part.mimetype,
          content: part.file.iterator({ destroyOnReturn: false }),
        };
      }
    }
  } catch {
    throw new HttpError('malformed_request', { message: 'The form is not well formed.' });
  }
  throw new HttpError('missing_required_parameter', { param: 'file', message: 'The form holds no file.' });
}

/**
 * Header values are bytes, which Node reads as Latin-1: they are UTF-8 if they can be, and percent-encoded if that can
 * be undone.
 */
function readName(header: string): string {
  const bytes = Buffer.from(header, 'latin1');
  const text = bytes.toString('utf8');
  const name = text.includes('\uFFFD') ? header : text;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
