import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorSchema, isFileId, isUploadId } from '../../contract/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import { answerFile } from '../file-headers.ts';
import type { FileLinks } from '../file-links.ts';
import type { HttpApp } from '../http-app.ts';
import { absoluteUrl } from '../own-address.ts';
import { maySee } from '../line-access.ts';
import type { FoundFile, Grant, MessagesPort, UploadsPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const idParam = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: '`file_…` of an attachment, or of an upload by the same key.' });
const linkQuery = z.strictObject({
  expires: z.string().max(16).optional().meta({ description: 'Of a signed link.' }),
  signature: z.string().max(64).optional().meta({ description: 'Of a signed link.' }),
});

interface FileRoute {
  Params: { id: string };
  Querystring: z.output<typeof linkQuery>;
  Reply: Readable | null;
}

export function filesRoutes(
  app: HttpApp,
  deps: {
    readonly messages: MessagesPort;
    readonly uploads: UploadsPort;
    readonly links: FileLinks;
    readonly clock: Clock;
  },
): void {
  const { links, clock } = deps;

  app.get<{ Querystring: { id: string }; Reply: undefined }>(
    '/v1/files',
    {
      config: { auth: { need: 'key', scope: 'files:read' } },
      schema: {
        operationId: 'linkFile',
        summary: 'Get a link to a file',
        description: 'Redirects to a link that opens this one file without a key, for 10 minutes.',
        querystring: z.strictObject({ id: idParam }),
        response: {
          302: z.null().meta({ description: 'The header Location holds the link.' }),
          ...keyRefusal,
          404: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.query;
      const opened = await openVisible(id, grantOf(request), deps);
      await opened.handle.close();
      return reply
        .code(302)
        .header('cache-control', 'no-store')
        .header('location', absoluteUrl(request.raw, links.sign(id, clock.now())))
        .send();
    },
  );

  const options = {
    config: { auth: { need: 'key_or_link', scope: 'files:read' } },
    schema: {
      operationId: 'getFile',
      summary: "A file's bytes",
      description: 'Answers range requests. What could run in a browser is only ever given to be saved.',
      params: z.object({ id: idParam }),
      querystring: linkQuery,
      response: {
        200: bytes('The whole file.'),
        206: bytes('The bytes that the header Range asked for.'),
        304: z.null().meta({ description: 'It is what the client has.' }),
        ...keyRefusal,
        404: errorSchema,
        416: errorSchema,
      },
    },
  } as const;
  const serve = async (request: FastifyRequest<FileRoute>, reply: FastifyReply<FileRoute>) => {
    // Without a grant the request came by a signed link: whoever made it may see the file.
    const opened = await openVisible(request.params.id, request.grant, deps);
    const { handle, ...facts } = opened;
    const { headers } = request;
    const answer = answerFile(facts, {
      method: request.method,
      range: headers.range,
      ifRange: headers['if-range'],
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
    });
    void reply.headers(answer.headers);
    if (answer.status === 416) {
      await handle.close();
      throw new HttpError('range_not_satisfiable', { param: 'Range' });
    }
    void reply.code(answer.status);
    if (answer.status === 304 || request.method === 'HEAD' || facts.size === 0) {
      await handle.close();
      return reply.send(null);
    }
    const range = answer.range ?? { start: 0, end: facts.size - 1 };
    const stream = handle.createReadStream(range);
    stream.once('end', () => {
      // A file that became shorter meanwhile: a cut connection tells the client that bytes are missing.
      if (stream.bytesRead < range.end - range.start + 1) {
        reply.raw.destroy();
      }
    });
    return reply.send(stream);
  };
  app.get<FileRoute>('/v1/files/:id', { ...options, exposeHeadRoute: false }, serve);
  app.head<FileRoute>('/v1/files/:id', options, serve);
}

function bytes(description: string) {
  return {
    description,
    content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
  };
}

/**
 * The file, open. To a key that may see none of the lines of its messages it is as if it were not there.
 * @throws HttpError `file_not_found`, `file_not_ready`.
 */
async function openVisible(
  id: string,
  grant: Grant | null,
  { messages, uploads }: { readonly messages: MessagesPort; readonly uploads: UploadsPort },
) {
  if (isUploadId(id)) {
    return openUpload(id, grant, uploads);
  }
  const file = isFileId(id) ? await messages.file(id) : null;
  if (file === null || (grant !== null && !isVisible(file, grant))) {
    throw new HttpError('file_not_found', { param: 'id' });
  }
  if (!file.isOnDisk) {
    throw new HttpError('file_not_ready', { param: 'id' });
  }
  const opened = await file.open();
  if (opened === null) {
    throw new HttpError('file_not_found', { param: 'id' });
  }
  return { ...opened, filename: file.filename, mimeType: file.mimeType };
}

/** What a client has handed in itself. */
async function openUpload(id: string, grant: Grant | null, uploads: UploadsPort) {
  const upload = uploads.find(id);
  const mayOpen = upload !== null && (grant === null || grant.keyId === upload.keyId);
  const opened = mayOpen ? await uploads.open(id) : null;
  if (upload === null || opened === null) {
    throw new HttpError('file_not_found', { param: 'id' });
  }
  return { ...opened, filename: upload.name, mimeType: upload.mediaType };
}

function isVisible(file: FoundFile, grant: Grant): boolean {
  return grant.lines === null || file.lines.some((line) => maySee(grant, line));
}
