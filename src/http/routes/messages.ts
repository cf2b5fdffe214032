import { z } from 'zod';
import { errorSchema, list, messageSchema, toWireMessage } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeMessageCursor, encodeMessageCursor } from '../cursors.ts';
import { toChatFilter } from '../destination.ts';
import type { HttpApp } from '../http-app.ts';
import { linesToRead } from '../line-access.ts';
import { cursorParam, limitParam, overLines, page } from '../paging.ts';
import type { ListedMessage, MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export function messagesRoute(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/messages',
    {
      config: { auth: { need: 'key', scope: 'messages:read' } },
      schema: {
        operationId: 'listMessages',
        summary: 'List messages, newest first',
        querystring: z.strictObject({
          from: z.string().max(320).optional().meta({ description: 'A line, by id or address.' }),
          to: z.string().max(320).optional().meta({ description: 'A contact or chat, as for sending.' }),
          limit: limitParam,
          cursor: cursorParam,
        }),
        response: { 200: list(messageSchema), ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => {
      const { from, to, limit, cursor } = request.query;
      const before = decodeMessageCursor(cursor);
      const lines = linesToRead(from, () => messages.lines(), grantOf(request));
      const chat = to === undefined ? null : toChatFilter(to, messages);
      const found = overLines(
        lines,
        limit + 1,
        (line) => messages.messages({ chat, line, before, limit: limit + 1 }).items,
        newestFirst,
      );
      const { items, ...more } = page(found, limit, (item) => encodeMessageCursor(item.cursor));
      return {
        data: items.map(({ message, origin, syncedAt }) =>
          toWireMessage(message, { origin, syncedAt: syncedAt ?? message.sentAt }),
        ),
        ...more,
        request_id: request.id,
      };
    },
  );
}

/** Raw dates are nanoseconds that a double cannot hold. */
function newestFirst(a: ListedMessage, b: ListedMessage): number {
  const difference = BigInt(b.cursor.date) - BigInt(a.cursor.date);
  return difference === 0n ? b.cursor.rowId - a.cursor.rowId : difference > 0n ? 1 : -1;
}
