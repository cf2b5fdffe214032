import { z } from 'zod';
import { lineSchema, list, toWireLine } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import type { HttpApp } from '../http-app.ts';
import { maySee } from '../line-access.ts';
import type { MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export function linesRoute(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/lines',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'listLines',
        summary: "List the account's own addresses",
        querystring: z.strictObject({}),
        response: { 200: list(lineSchema), ...keyRefusal },
      },
    },
    (request) => {
      const grant = grantOf(request);
      const visible = messages.lines().filter((line) => maySee(grant, line.handle));
      return { data: visible.map(toWireLine), has_more: false, next_cursor: null, request_id: request.id };
    },
  );
}
