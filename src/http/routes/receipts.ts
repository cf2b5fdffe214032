import { z } from 'zod';
import {
  chatId,
  errorSchema,
  lineIdOrUnknown,
  list,
  messageId,
  readReceiptId,
  readReceiptSchema,
} from '../../contract/index.ts';
import type { Chat, ChatKey, Handle } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { toChatFilter } from '../destination.ts';
import type { HttpApp } from '../http-app.ts';
import { linesToRead } from '../line-access.ts';
import type { KnownMessage, MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

/** Of our messages in a chat, the newest so many are looked at: a contact who reads has read one of them. */
const LOOKED_AT = 200;

export function receiptsRoute(app: HttpApp, { messages }: { readonly messages: MessagesPort }): void {
  app.get(
    '/v1/receipts',
    {
      config: { auth: { need: 'key', scope: 'receipts:read' } },
      schema: {
        operationId: 'listReceipts',
        summary: 'See how far a contact has read',
        description:
          'One receipt where the contact sends any, else none. Groups have none: their messages do not tell who read. ' +
          'The events `message.read` tell of each as it comes.',
        querystring: z.strictObject({
          from: z.string().max(320).optional().meta({ description: 'A line, by id or address.' }),
          to: z.string().min(1).max(320).meta({ description: 'A contact or chat, as for sending.' }),
        }),
        response: { 200: list(readReceiptSchema), ...keyRefusal, 404: errorSchema },
      },
    },
    async (request) => {
      const { from, to } = request.query;
      const key = toChatFilter(to, messages);
      const lines = linesToRead(from, () => messages.lines(), grantOf(request));
      const chat = messages.chat(key);
      const reader = chat === null ? null : readerOf(chat);
      const read = reader === null ? null : await newestRead(key, lines);
      return {
        data: reader === null || read === null ? [] : [toReceipt(key, reader, read)],
        has_more: false,
        next_cursor: null,
        request_id: request.id,
      };
    },
  );

  async function newestRead(chat: ChatKey, lines: readonly Handle[] | null): Promise<KnownMessage | null> {
    const { items } = await messages.messages({
      chat,
      lines,
      since: null,
      until: null,
      isFromMe: true,
      service: null,
      kind: null,
      before: null,
      limit: LOOKED_AT,
    });
    return items.find(({ message }) => message.delivery.readAt !== null) ?? null;
  }
}

function readerOf({ style, participants }: Chat): Handle | null {
  return style === 'direct' ? (participants[0] ?? null) : null;
}

function toReceipt(chat: ChatKey, handle: Handle, { message, syncedAt }: KnownMessage) {
  return {
    id: readReceiptId(chat),
    chat_id: chatId(chat),
    line_id: lineIdOrUnknown(message.line),
    handle,
    last_read_at: message.delivery.readAt ?? message.sentAt,
    synced_at: syncedAt ?? message.sentAt,
    message_id: messageId(message.guid),
  };
}
