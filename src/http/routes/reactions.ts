import { z } from 'zod';
import { errorSchema, list, reactionSchema, toWireReactionOfRow } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import type { HttpApp } from '../http-app.ts';
import { maySee } from '../line-access.ts';
import type { MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';
import { findMessage, messageReference } from '../visible-message.ts';

export function reactionsRoute(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/reactions',
    {
      config: { auth: { need: 'key', scope: 'reactions:read' } },
      schema: {
        operationId: 'listReactions',
        summary: 'List the tapbacks on a message, newest first',
        description:
          'Messages keeps the last word of each person on each part, so one that was taken back stands here with ' +
          '`added: false`. The list is whole; it has no further pages.',
        querystring: z.strictObject({ message_id: messageReference }),
        response: { 200: list(reactionSchema), ...keyRefusal, 404: errorSchema },
      },
    },
    async (request) => {
      const grant = grantOf(request);
      const target = await findMessage(request.query.message_id, grant, messages, 'message_id');
      const data = messages
        .reactions(target.message.guid)
        .filter(({ message }) => maySee(grant, message.line))
        .flatMap(({ message, syncedAt }) => toWireReactionOfRow(message, syncedAt ?? message.sentAt) ?? []);
      return { data, has_more: false, next_cursor: null, request_id: request.id };
    },
  );
}
