import { z } from 'zod';
import { checkSchema, sendMessageBody, toWireOutboxItem } from '../../contract/index.ts';
import type { Command } from '../../domain/index.ts';
import { createMessageAcceptance, type MessageDeps } from '../accept-message.ts';
import { grantOf } from '../authenticate.ts';
import { answerFollowed, requireClient } from '../follow-answer.ts';
import type { GuardPort } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { idempotencyKeyOf, requestHash } from '../idempotency.ts';
import { addUsage } from '../rate-headers.ts';
import { sendAnswers } from '../refusals.ts';

export function sendMessageRoute(app: HttpApp, deps: MessageDeps & { readonly guard: GuardPort }): void {
  const { outbox, guard, clock } = deps;
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
          ...sendAnswers,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const grant = grantOf(request);
      const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'], body.client_message_id);
      const name = { keyId: grant.keyId, idempotencyKey, requestHash: requestHash(body) };
      const answer = (command: Command, isReplay: boolean) => {
        if (isReplay) {
          void reply.header('idempotency-replayed', 'true');
        }
        addUsage(reply, guard);
        const item = toWireOutboxItem(command, request.id);
        return idempotencyKey === null
          ? answerFollowed(reply.code(201), clock, item, (isWritten) =>
              outbox.answered(command.id, isWritten),
            )
          : reply.code(201).send(item);
      };

      if (request.query.dry_run === 'true') {
        return reply.code(200).send({ ...acceptance.check(grant, body, name), request_id: request.id });
      }
      if (idempotencyKey === null) {
        await requireClient(request);
        await outbox.settled(name);
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
