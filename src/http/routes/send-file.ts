import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { toWireOutboxItem, type sendAudioBody } from '../../contract/index.ts';
import type { Command, Target } from '../../domain/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { acceptAs, limitsOf, replayOf, timesOf } from '../accept-message.ts';
import { grantOf } from '../authenticate.ts';
import { toTarget } from '../destination.ts';
import { answerFollowed, requireClient } from '../follow-answer.ts';
import { idempotencyKeyOf, requestHash } from '../idempotency.ts';
import type { GuardPort } from '../guard-port.ts';
import { lineToSendFrom } from '../line-access.ts';
import type { ActionsPort, Grant, MessagesPort, OutboxPort, SandboxPort, UploadsPort } from '../ports.ts';
import { addUsage } from '../rate-headers.ts';
import { requireCapability } from '../require-capability.ts';
import { requireActivated } from '../sandboxed.ts';

export interface SendFileDeps {
  readonly outbox: OutboxPort;
  readonly guard: GuardPort;
  readonly actions: ActionsPort;
  readonly messages: MessagesPort;
  readonly uploads: UploadsPort;
  readonly sandbox: SandboxPort;
  readonly clock: Clock;
}

/** What every request to send one file says beside the file. */
export type FileBody = Omit<z.output<typeof sendAudioBody>, 'audio_message' | 'reply_to'>;

/** A request to send a file, checked as far as that goes without the file. */
export interface FileSend {
  readonly grant: Grant;
  readonly target: Target;
  /**
   * Queues the upload and answers with its item.
   * @throws HttpError `idempotency_key_reused`, or what a rule is against.
   */
  readonly send: (fileId: string) => Promise<Command>;
}

/**
 * Looks at what a request to send a file says, before anything is made of the file.
 * @returns `null` where an earlier request of the same name has been answered with its item.
 * @throws HttpError
 */
export async function readFileSend(
  request: FastifyRequest,
  reply: FastifyReply,
  body: FileBody,
  deps: SendFileDeps,
): Promise<FileSend | null> {
  const { outbox, guard, actions, messages, sandbox, clock } = deps;
  const grant = grantOf(request);
  const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'], body.client_message_id);
  const name = { keyId: grant.keyId, idempotencyKey, requestHash: requestHash({ ...body }) };
  const answer = (command: Command, isReplay: boolean) => {
    if (isReplay) {
      void reply.header('idempotency-replayed', 'true');
    }
    addUsage(reply, guard);
    const item = toWireOutboxItem(command, request.id);
    void (idempotencyKey === null
      ? answerFollowed(reply.code(201), clock, item, (isWritten) => outbox.answered(command.id, isWritten))
      : reply.code(201).send(item));
  };

  if (idempotencyKey === null) {
    await requireClient(request);
    await outbox.settled(name);
  }
  const earlier = replayOf(name, outbox);
  if (earlier !== null) {
    answer(earlier, true);
    return null;
  }
  if (body.service === 'sms' || body.service === 'rcs') {
    requireCapability(actions, body.service, 'service');
  }
  const facts = {
    ...timesOf(body, clock),
    ...limitsOf(body),
    line: lineToSendFrom(body.from, grant, messages),
    target: toTarget(body.to, messages),
    service: body.service ?? 'auto',
    afterReply: body.after_reply ?? false,
    metadata: body.metadata ?? null,
  } as const;
  requireActivated(grant, facts.target, sandbox);
  return {
    grant,
    target: facts.target,
    send: async (fileId) => {
      const asked = { ...name, ...facts, text: null, files: [fileId], fallback: null };
      const { command, isReplay } = await acceptAs(grant, asked, deps);
      answer(command, isReplay);
      return command;
    },
  };
}
