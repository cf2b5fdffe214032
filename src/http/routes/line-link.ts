import { z } from 'zod';
import { errorSchema, lineId, lineLinkSchema, linkBody } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { findLine } from '../line-access.ts';
import type { Grant, LinksPort, MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const params = z.object({
  id: z.string().min(1).max(320).meta({ description: 'The line, by its `ln_…` id or its address.' }),
});
const answer = lineLinkSchema.extend({ request_id: z.string() });

export function lineLinkRoutes(
  app: HttpApp,
  { messages, links }: { readonly messages: MessagesPort; readonly links: LinksPort },
): void {
  const declare = (operationId: string, summary: string) => ({
    config: { auth: { need: 'key', scope: 'lines:read' } } as const,
    schema: {
      operationId,
      summary,
      description:
        'A link and a QR code that open a text to the line, for whoever is to write first. The words are put in the ' +
        'text; the contact may still change them.',
      params,
      response: { 200: answer, ...keyRefusal, 404: errorSchema },
    },
  });

  const get = declare('getLineLink', 'The link that opens a text to a line');
  app.get(
    '/v1/lines/:id/link',
    { ...get, schema: { ...get.schema, querystring: z.strictObject({ body: linkBody.optional() }) } },
    async (request) => ({
      ...(await linkOf(request.params.id, request.query.body ?? '', grantOf(request))),
      request_id: request.id,
    }),
  );

  const post = declare('makeLineLink', 'The same, with the words outside the URL');
  app.post(
    '/v1/lines/:id/link',
    {
      ...post,
      schema: {
        ...post.schema,
        body: z.strictObject({ body: linkBody.optional() }),
        response: { ...post.schema.response, 415: errorSchema },
      },
    },
    async (request) => ({
      ...(await linkOf(request.params.id, request.body.body ?? '', grantOf(request))),
      request_id: request.id,
    }),
  );

  async function linkOf(reference: string, body: string, grant: Grant) {
    const { handle } = findLine(reference, messages.lines(), grant);
    const found = await links.link(handle, body);
    if (found === null) {
      throw new HttpError('invalid_parameter_value', {
        param: 'body',
        message: '`body` is too long: no QR code can hold it. Percent-encoded, about 2,900 characters fit.',
      });
    }
    const { link, android, qr } = found;
    return {
      line_id: lineId(handle),
      handle,
      link,
      android,
      qr: { ...qr, png: Buffer.from(qr.png).toString('base64') },
    };
  }
}
