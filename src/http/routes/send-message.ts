import { finished } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  checkSchema,
  errorSchema,
  outboxItemSchema,
  sendMessageBody,
  toWireOutboxItem,
} from '../../contract/index.ts';
import type { Command } from '../../domain/index.ts';
import { createMessageAcceptance, type MessageDeps } from '../accept-message.ts';
import { grantOf } from '../authenticate.ts';
import type { GuardPort } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { idempotencyKeyOf, requestHash } from '../idempotency.ts';
import { addRates, rateHeaders } from '../rate-headers.ts';
import { keyRefusal } from '../refusals.ts';

export function sendMessageRoute(app: HttpApp, deps: MessageDeps & { readonly guard: GuardPort }): void {
  const { outbox, guard } = deps;
  const acceptance = createMessageAcceptance(deps);
  app.post(
    '/v1/messages',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'sendMessage',
        summary: 'Send a text, files, or both',
        description:
          'Accepts it for sending. Repeat it safely with `Idempotency-Key` (or `client_message_id`): the same ' +
          'request under the same key gives the same item, with the header `Idempotency-Replayed: true`. So does ' +
          'an equal request without a key, if the first answer could not be written to its end.',
        headers: z.looseObject({
          'idempotency-key': z.string().optional().meta({
            description: 'The name under which the request may be repeated; as `client_message_id`.',
          }),
        }),
        querystring: z.strictObject({
          dry_run: z.enum(['true', 'false']).optional().meta({
            description:
              '`true`: answers 200 with what every rule says of it. Nothing is accepted or counted.',
          }),
        }),
        body: sendMessageBody,
        response: {
          200: checkSchema.extend({ request_id: z.string() }),
          201: outboxItemSchema,
          ...keyRefusal,
          404: errorSchema,
          408: errorSchema,
          413: errorSchema,
          415: errorSchema,
          422: errorSchema,
          429: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const grant = grantOf(request);
      const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'], body.client_message_id);
      const name = { keyId: grant.keyId, idempotencyKey, requestHash: requestHash(body) };
      const answer = (command: Command, isReplay: boolean) => {
        if (idempotencyKey === null) {
          followAnswer(reply, (isWritten) => outbox.answered(command.id, isWritten));
        }
        if (isReplay) {
          void reply.header('idempotency-replayed', 'true');
        }
        addRates(reply, rateHeaders(guard.usage()));
        return reply.code(201).send(toWireOutboxItem(command, request.id));
      };

      if (request.query.dry_run === 'true') {
        return reply.code(200).send({ ...acceptance.check(grant, body, name), request_id: request.id });
      }
      const earlier = acceptance.replay(name);
      if (earlier !== null) {
        return answer(earlier, true);
      }
      const { command, isReplay } = await acceptance.accept(grant, body, name);
      return answer(command, isReplay);
    },
  );
}

/** Tells how the answer ended: handed to the system to its last byte, or cut off before. */
export function followAnswer(reply: FastifyReply, tell: (isWritten: boolean) => void): void {
  // Also where the connection was gone before there was an answer.
  finished(reply.raw, () => tell(reply.raw.writableFinished));
}
