import { z } from 'zod';
import { chatSchema, errorSchema, list, toWireChat } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeChatCursor, encodeChatCursor } from '../cursors.ts';
import type { HttpApp } from '../http-app.ts';
import { linesToRead } from '../line-access.ts';
import { cursorParam, limitParam, overLines, page } from '../paging.ts';
import type { MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export function chatsRoute(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/chats',
    {
      config: { auth: { need: 'key', scope: 'chats:read' } },
      schema: {
        operationId: 'listChats',
        summary: 'List chats, those with the newest activity first',
        querystring: z.strictObject({
          from: z.string().max(320).optional().meta({ description: 'A line, by id or address.' }),
          limit: limitParam,
          cursor: cursorParam,
        }),
        response: { 200: list(chatSchema), ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => {
      const { from, limit, cursor } = request.query;
      const before = decodeChatCursor(cursor);
      const lines = linesToRead(from, () => messages.lines(), grantOf(request));
      const found = overLines(
        lines,
        limit + 1,
        (line) => messages.chats({ before, limit: limit + 1, line }).items,
        (a, b) => b.cursor.at - a.cursor.at || b.cursor.rowId - a.cursor.rowId,
      );
      const { items, ...more } = page(found, limit, (item) => encodeChatCursor(item.cursor));
      return { data: items.map((item) => toWireChat(item.chat)), ...more, request_id: request.id };
    },
  );
}
