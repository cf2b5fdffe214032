import { z } from 'zod';
import { checkSchema, sendMessageBody, toWireCheck, toWireOutboxItem } from '../../contract/index.ts';
import { instant, type Command, type Instant } from '../../domain/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { grantOf } from '../authenticate.ts';
import { toTarget } from '../destination.ts';
import { HttpError, policyError } from '../errors.ts';
import { answerFollowed, requireClient } from '../follow-answer.ts';
import type { GuardPort } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { idempotencyKeyOf, requestHash } from '../idempotency.ts';
import { lineToSendFrom } from '../line-access.ts';
import { plainText } from '../plain-text.ts';
import { ownUpload } from '../own-upload.ts';
import type { ActionsPort, MessagesPort, OutboxPort, SandboxPort, UploadsPort } from '../ports.ts';
import { addRates, rateHeaders } from '../rate-headers.ts';
import { sendAnswers } from '../refusals.ts';
import { requireCapability } from '../require-capability.ts';
import { requireActivated, withinQuota } from '../sandboxed.ts';

type Body = z.output<typeof sendMessageBody>;

export function sendMessageRoute(
  app: HttpApp,
  deps: {
    readonly outbox: OutboxPort;
    readonly guard: GuardPort;
    readonly actions: ActionsPort;
    readonly messages: MessagesPort;
    readonly uploads: UploadsPort;
    readonly sandbox: SandboxPort;
    readonly clock: Clock;
  },
): void {
  const { outbox, guard, actions, messages, uploads, sandbox, clock } = deps;
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
        addRates(reply, rateHeaders(guard.usage()));
        const item = toWireOutboxItem(command, request.id);
        return idempotencyKey === null
          ? answerFollowed(reply.code(201), clock, item, (isWritten) =>
              outbox.answered(command.id, isWritten),
            )
          : reply.code(201).send(item);
      };

      const isDryRun = request.query.dry_run === 'true';
      if (idempotencyKey === null && !isDryRun) {
        await requireClient(request);
        await outbox.settled(name);
      }
      const earlier = isDryRun ? null : outbox.replay(name);
      if (earlier?.outcome === 'replayed') {
        return answer(earlier.command, true);
      }
      if (earlier?.outcome === 'conflict') {
        throw new HttpError('idempotency_key_reused');
      }
      checkCapabilities(body, actions);
      const files = (body.attachments ?? []).map((id) => ownUpload(id, grant, uploads, 'attachments').id);
      const asked = {
        ...name,
        ...timesOf(body, clock),
        line: lineToSendFrom(body.from, grant, messages),
        target: toTarget(body.to, messages),
        text: textOf(body),
        files,
        service: body.service ?? 'auto',
        fallback: body.fallback ?? null,
        afterReply: body.after_reply ?? false,
        ...limitsOf(body),
        metadata: body.metadata ?? null,
      } as const;
      requireActivated(grant, asked.target, sandbox);
      if (isDryRun) {
        return reply.code(200).send({ ...toWireCheck(outbox.check(asked)), request_id: request.id });
      }
      const result = await withinQuota(grant, clock.now(), sandbox, () => outbox.accept(asked));
      if (result.outcome === 'conflict') {
        throw new HttpError('idempotency_key_reused');
      }
      if (result.outcome === 'refused') {
        throw policyError(result, clock.now());
      }
      return answer(result.command, result.outcome === 'replayed');
    },
  );
}

/** @throws HttpError `capability_unavailable` for what the line cannot do, before anything is queued */
function checkCapabilities(body: Body, actions: ActionsPort): void {
  const need = (capability: Parameters<typeof requireCapability>[1], param: string) =>
    requireCapability(actions, capability, param);
  if (body.reply_to !== undefined) {
    need('reply', 'reply_to');
  }
  if (body.effect !== undefined) {
    need('effects', 'effect');
  }
  if (body.format === 'markdown' && body.degrade !== true) {
    need('formatting', 'format');
  }
  if (body.service === 'sms' || body.service === 'rcs') {
    need(body.service, 'service');
  }
}

/** @throws HttpError `invalid_parameter_value` where nothing is left of the text */
function textOf({ text, format }: Body): string | null {
  if (text === undefined || format !== 'markdown') {
    return text ?? null;
  }
  const plain = plainText(text);
  if (plain === '') {
    throw new HttpError('invalid_parameter_value', {
      param: 'text',
      message: 'Nothing is left of `text` without its format.',
    });
  }
  return plain;
}

/** What a request says to the guard. */
export function limitsOf({ opt_in: optIn, on_limit: onLimit }: Pick<Body, 'opt_in' | 'on_limit'>) {
  return {
    optIn: optIn === undefined ? null : { source: optIn.source, at: instant(optIn.at) },
    onLimit: onLimit ?? 'reject',
  } as const;
}

export function timesOf(
  body: Pick<Body, 'not_before' | 'expires_at'>,
  clock: Clock,
): { readonly notBefore: Instant | null; readonly expiresAt: Instant | null } {
  const { not_before: notBefore, expires_at: expiresAt } = body;
  const earliest = Math.max(clock.now(), notBefore ?? 0);
  if (expiresAt !== undefined && expiresAt <= earliest) {
    throw new HttpError('invalid_parameter_value', {
      param: 'expires_at',
      message:
        '`expires_at` has passed already, or passes before `not_before`. It is Unix time in milliseconds.',
    });
  }
  return {
    notBefore: notBefore === undefined ? null : instant(notBefore),
    expiresAt: expiresAt === undefined ? null : instant(expiresAt),
  };
}
