import { z } from 'zod';
import {
  editMessageBody,
  errorSchema,
  fromField,
  list,
  outboxItemSchema,
  sendReactionBody,
  sendReceiptBody,
  sendTypingBody,
  toField,
  type Scope,
} from '../../contract/index.ts';
import { chatKey, type Action, type ChatKey, type Message } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { toTarget } from '../destination.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { lineToSendFrom } from '../line-access.ts';
import type { ActionsPort, Grant, MessagesPort, SandboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';
import { unavailable } from '../require-capability.ts';
import { requireActivated } from '../sandboxed.ts';
import { findMessage, messageReference } from '../visible-message.ts';

const params = z.object({ id: messageReference });

/**
 * Acts on messages and chats, in the shape of Messages.dev where it has them. What is asked is checked as if it could
 * be done, then handed to whoever can do such things; on a stock Mac that is nobody.
 */
export function actionsRoutes(
  app: HttpApp,
  deps: {
    readonly actions: ActionsPort;
    readonly messages: MessagesPort;
    readonly sandbox: SandboxPort;
  },
): void {
  const { actions, messages, sandbox } = deps;
  const chatOf = (to: string, grant: Grant): ChatKey => {
    const target = toTarget(to, messages);
    requireActivated(grant, target, sandbox);
    return target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
  };
  const messageOf = async (reference: string, grant: Grant, param: string): Promise<Message> => {
    const { message } = await findMessage(reference, grant, messages, param);
    requireActivated(grant, { to: 'chat', chat: message.chat?.key ?? null }, sandbox);
    return message;
  };
  /** Until there is a helper, no act is begun, and none has an outbox item to answer with. */
  const begin = (action: Action): never => {
    const missing = actions.begin(action);
    throw missing === null ? new HttpError('bridge_error') : unavailable(missing);
  };
  const declare = (operationId: string, summary: string, scope: Scope) => ({
    config: { auth: { need: 'key', scope } } as const,
    schema: {
      operationId,
      summary,
      response: { 201: outboxItemSchema, ...keyRefusal, 404: errorSchema, 415: errorSchema },
    },
  });

  const react = declare('sendReaction', 'Put a tapback on a message', 'reactions:write');
  app.post(
    '/v1/reactions',
    { ...react, schema: { ...react.schema, body: sendReactionBody } },
    async (request) => {
      const { from, message_id: reference, type, remove } = request.body;
      const grant = grantOf(request);
      lineToSendFrom(from, grant, messages);
      const message = await messageOf(reference, grant, 'message_id');
      const reaction = CLASSIC.find((name) => name === type) ?? { emoji: type };
      begin({ type: 'react', message: message.guid, reaction, remove: remove ?? false });
    },
  );

  const type = declare('sendTyping', 'Show or hide that we are typing', 'typing:write');
  app.post('/v1/typing', { ...type, schema: { ...type.schema, body: sendTypingBody } }, async (request) => {
    const grant = grantOf(request);
    lineToSendFrom(request.body.from, grant, messages);
    begin({ type: 'typing', chat: chatOf(request.body.to, grant), isOn: request.body.state !== 'off' });
  });

  const markRead = declare('sendReceipt', 'Mark a chat as read', 'receipts:write');
  app.post(
    '/v1/receipts',
    { ...markRead, schema: { ...markRead.schema, body: sendReceiptBody } },
    async (request) => {
      const grant = grantOf(request);
      lineToSendFrom(request.body.from, grant, messages);
      begin({ type: 'mark_read', chat: chatOf(request.body.to, grant) });
    },
  );

  const edit = declare('editMessage', 'Change the text of a message of ours', 'messages:write');
  app.patch(
    '/v1/messages/:id',
    { ...edit, schema: { ...edit.schema, params, body: editMessageBody } },
    async (request) => {
      const message = await messageOf(request.params.id, grantOf(request), 'id');
      begin({ type: 'edit', message: message.guid, text: request.body.text });
    },
  );

  const unsend = declare('unsendMessage', 'Take a message of ours back', 'messages:write');
  app.post(
    '/v1/messages/:id/unsend',
    { ...unsend, schema: { ...unsend.schema, params } },
    async (request) => {
      const message = await messageOf(request.params.id, grantOf(request), 'id');
      begin({ type: 'unsend', message: message.guid });
    },
  );

  app.get(
    '/v1/typing',
    {
      config: { auth: { need: 'key', scope: 'typing:read' } },
      schema: {
        operationId: 'listTyping',
        summary: 'Who is typing',
        querystring: z.strictObject({ from: fromField, to: toField.optional() }),
        response: { 200: list(z.object({ id: z.string() })), ...keyRefusal },
      },
    },
    () => {
      throw unavailable('typing');
    },
  );
}

const CLASSIC = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const;
