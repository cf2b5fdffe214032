import { z } from 'zod';
import { errorSchema, outboxItemSchema, sendMessageBody, toWireOutboxItem } from '../../contract/index.ts';
import { instant, type Command, type Handle, type Instant } from '../../domain/index.ts';
import { BluelineError, type Clock } from '../../runtime/index.ts';
import { grantOf } from '../authenticate.ts';
import { toTarget } from '../destination.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { idempotencyKeyOf, requestHash } from '../idempotency.ts';
import { findLine, maySee } from '../line-access.ts';
import type { Grant, MessagesPort, OutboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export function sendMessageRoute(
  app: HttpApp,
  deps: { readonly outbox: OutboxPort; readonly messages: MessagesPort; readonly clock: Clock },
): void {
  const { outbox, messages, clock } = deps;
  app.post(
    '/v1/messages',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'sendMessage',
        summary: 'Send a text',
        description:
          'Accepts a text for sending. Repeat it safely with `Idempotency-Key` (or `client_message_id`): the same ' +
          'request under the same key gives the same item, with the header `Idempotency-Replayed: true`.',
        headers: z.looseObject({
          'idempotency-key': z.string().optional().meta({
            description: 'The name under which the request may be repeated; as `client_message_id`.',
          }),
        }),
        body: sendMessageBody,
        response: {
          201: outboxItemSchema,
          ...keyRefusal,
          404: errorSchema,
          408: errorSchema,
          413: errorSchema,
          415: errorSchema,
          422: errorSchema,
        },
      },
    },
    (request, reply) => {
      const { body } = request;
      const grant = grantOf(request);
      const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'], body.client_message_id);
      const name = { keyId: grant.keyId, requestHash: requestHash(body) };
      const answer = (command: Command, isReplay: boolean) => {
        if (isReplay) {
          void reply.header('idempotency-replayed', 'true');
        }
        void reply.code(201).send(toWireOutboxItem(command, request.id));
      };

      const earlier = idempotencyKey === null ? null : outbox.replay({ ...name, idempotencyKey });
      if (earlier?.outcome === 'replayed') {
        answer(earlier.command, true);
        return;
      }
      const result =
        earlier ??
        outbox.accept({
          ...name,
          idempotencyKey,
          expiresAt: checkExpiry(body.expires_at, clock),
          line: lineToSendFrom(body.from, grant, messages),
          target: toTarget(body.to, messages),
          text: body.text,
        });
      if (result.outcome === 'conflict') {
        throw new HttpError('idempotency_key_reused');
      }
      answer(result.command, result.outcome === 'replayed');
    },
  );
}

function checkExpiry(expiresAt: number | undefined, clock: Clock): Instant | null {
  if (expiresAt === undefined) {
    return null;
  }
  if (expiresAt <= clock.now()) {
    throw new HttpError('invalid_parameter_value', {
      param: 'expires_at',
      message: '`expires_at` has passed already. It is Unix time in milliseconds.',
    });
  }
  return instant(expiresAt);
}

/**
 * The line that the text will go out from; `null` where this Mac has not shown yet which it is.
 * @throws HttpError `line_not_found`, `line_not_accessible`, `line_not_sendable`.
 */
function lineToSendFrom(from: string | undefined, grant: Grant, messages: MessagesPort): Handle | null {
  if (from !== undefined) {
    const line = findLine(from, messages.lines(), grant);
    if (!line.isActive) {
      throw new HttpError('line_not_sendable', { param: 'from' });
    }
    return line.handle;
  }
  const active = activeLine(grant, messages);
  if (!maySee(grant, active)) {
    throw new HttpError('line_not_accessible', { param: 'from' });
  }
  return active;
}

/** An unlimited key can queue a text while chat.db cannot be read: the command then names no line. */
function activeLine(grant: Grant, messages: MessagesPort): Handle | null {
  try {
    return messages.lines().find((line) => line.isActive)?.handle ?? null;
  } catch (error) {
    if (grant.lines === null && error instanceof BluelineError && error.code.startsWith('messages_db_')) {
      return null;
    }
    throw error;
  }
}
