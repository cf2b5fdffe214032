import { z } from 'zod';
import { chatSchema, errorSchema, list, toWireChat } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { findChat } from '../destination.ts';
import { HttpError } from '../errors.ts';
import { decodeChatCursor, encodeChatCursor } from '../cursors.ts';
import type { HttpApp } from '../http-app.ts';
import { linesToRead, maySee } from '../line-access.ts';
import { cursorParam, limitParam, overLines, page } from '../paging.ts';
import type { MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export function chatsRoutes(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
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
  app.get(
    '/v1/chats/:id',
    {
      config: { auth: { need: 'key', scope: 'chats:read' } },
      schema: {
        operationId: 'getChat',
        summary: 'One chat',
        params: z.object({
          id: z.string().min(1).max(512).meta({
            description:
              'A chat, by its `cht_…` id, by a chat guid of any macOS, or by the address of its contact.',
          }),
        }),
        querystring: z.strictObject({}),
        response: { 200: chatSchema, ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => {
      const chat = findChat(request.params.id, messages);
      // To a key that may not see its line, a chat is as if it were not there.
      if (chat === null || !maySee(grantOf(request), chat.line)) {
        throw new HttpError('chat_not_found', { param: 'id' });
      }
      return toWireChat(chat);
    },
  );
}
