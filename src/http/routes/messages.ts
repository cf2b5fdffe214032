import { z } from 'zod';
import { errorSchema, list, messageSchema, toWireMessage, type WireMessage } from '../../contract/index.ts';
import { instant } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeMessageCursor, encodeMessageCursor } from '../cursors.ts';
import { toChatFilter } from '../destination.ts';
import type { HttpApp } from '../http-app.ts';
import { linesToRead } from '../line-access.ts';
import { cursorParam, limitParam, page } from '../paging.ts';
import type { KnownMessage, MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';
import { findMessage, messageReference } from '../visible-message.ts';

/** Beyond it chat.db's nanoseconds would not fit its integers. */
const MAX_MOMENT = 9_999_999_999_999;
const moment = (description: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_MOMENT)
    .transform(instant)
    .optional()
    .meta({ description: `${description} Unix time in milliseconds.` });

const listQuery = z.strictObject({
  from: z.string().max(320).optional().meta({ description: 'A line, by id or address.' }),
  to: z.string().max(320).optional().meta({ description: 'A contact or chat, as for sending.' }),
  since: moment('Only those dated at this moment or later.'),
  until: moment('Only those dated before this moment.'),
  is_from_me: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional()
    .meta({ description: 'Only those of our side, or only those of contacts.' }),
  service: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .meta({ description: '`iMessage`, `SMS`, `RCS`, … in any case.' }),
  kind: messageSchema.shape.kind.exclude(['reaction']).optional().meta({
    description: 'Only rows of this kind. Tapbacks are never listed here: see /v1/reactions.',
  }),
  limit: limitParam,
  cursor: cursorParam,
});

export function messagesRoutes(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/messages',
    {
      config: { auth: { need: 'key', scope: 'messages:read' } },
      schema: {
        operationId: 'listMessages',
        summary: 'List messages, newest first',
        description:
          'Tapbacks are left out. A page may hold fewer messages than `limit`, even none, while `has_more` is true: ' +
          'a filter that lets little pass is searched for piece by piece.',
        querystring: listQuery,
        response: { 200: list(messageSchema), ...keyRefusal, 404: errorSchema },
      },
    },
    async (request) => {
      const { from, to, limit, cursor, ...filter } = request.query;
      const { items: found, stoppedAt } = await messages.messages({
        chat: to === undefined ? null : toChatFilter(to, messages),
        lines: linesToRead(from, () => messages.lines(), grantOf(request)),
        since: filter.since ?? null,
        until: filter.until ?? null,
        isFromMe: filter.is_from_me ?? null,
        service: filter.service ?? null,
        kind: filter.kind ?? null,
        before: decodeMessageCursor(cursor),
        limit: limit + 1,
      });
      const { items, ...more } = page(found, limit, (item) => encodeMessageCursor(item.cursor));
      const rest = stoppedAt === null ? {} : { has_more: true, next_cursor: encodeMessageCursor(stoppedAt) };
      // A search that stopped with one message too many goes on from the last that is shown, as any full page.
      return {
        data: items.map(toWire),
        ...more,
        ...(more.has_more ? {} : rest),
        request_id: request.id,
      };
    },
  );

  app.get(
    '/v1/messages/:id',
    {
      config: { auth: { need: 'key', scope: 'messages:read' } },
      schema: {
        operationId: 'getMessage',
        summary: 'One message, or one tapback as the row that it is',
        params: z.object({ id: messageReference }),
        querystring: z.strictObject({}),
        response: { 200: messageSchema, ...keyRefusal, 404: errorSchema },
      },
    },
    async (request) => toWire(await findMessage(request.params.id, grantOf(request), messages, 'id')),
  );
}

function toWire({ message, origin, syncedAt }: KnownMessage): WireMessage {
  return toWireMessage(message, { origin, syncedAt: syncedAt ?? message.sentAt });
}
