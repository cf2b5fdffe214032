import type { z } from 'zod';
import { toWireCheck, type sendMessageBody } from '../contract/index.ts';
import { instant, type Command, type Instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import { toTarget } from './destination.ts';
import { HttpError, policyError } from './errors.ts';
import { lineToSendFrom } from './line-access.ts';
import { ownUpload } from './own-upload.ts';
import { plainText } from './plain-text.ts';
import type {
  ActionsPort,
  Grant,
  MessagesPort,
  OutboxPort,
  RequestName,
  SandboxPort,
  UploadsPort,
} from './ports.ts';
import { requireCapability } from './require-capability.ts';
import { requireActivated, withinQuota } from './sandboxed.ts';

type Body = z.output<typeof sendMessageBody>;

export interface MessageDeps {
  readonly outbox: OutboxPort;
  readonly actions: ActionsPort;
  readonly messages: MessagesPort;
  readonly uploads: UploadsPort;
  readonly sandbox: SandboxPort;
  readonly clock: Clock;
}

/** The one way into the outbox for a text, whether it was asked for over REST, over a stream or by the controller. */
export interface MessageAcceptance {
  /**
   * What an earlier request of that name made; asked before anything else is checked.
   * @throws HttpError `idempotency_key_reused`
   */
  replay(name: RequestName): Command | null;
  /** @throws HttpError as `accept` does, but for limits: what they say is the answer. */
  check(grant: Grant, body: Body, name: RequestName): ReturnType<typeof toWireCheck>;
  /** @throws HttpError for what the line cannot do, for what the key may not, and for what a rule is against */
  accept(
    grant: Grant,
    body: Body,
    name: RequestName,
  ): Promise<{ readonly command: Command; readonly isReplay: boolean }>;
}

export function createMessageAcceptance(deps: MessageDeps): MessageAcceptance {
  const { outbox, actions, messages, uploads, sandbox, clock } = deps;

  const toRequest = (grant: Grant, body: Body, name: RequestName) => {
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
    return asked;
  };

  return {
    replay: (name) => replayOf(name, outbox),
    check: (grant, body, name) => toWireCheck(outbox.check(toRequest(grant, body, name))),
    accept: async (grant, body, name) => acceptAs(grant, toRequest(grant, body, name), deps),
  };
}

/** What an earlier request of a name made. @throws HttpError `idempotency_key_reused` */
export function replayOf(name: RequestName, outbox: OutboxPort): Command | null {
  const earlier = outbox.replay(name);
  if (earlier?.outcome === 'conflict') {
    throw new HttpError('idempotency_key_reused');
  }
  return earlier?.command ?? null;
}

/** Hands a request to the outbox, in the name of a key. @throws HttpError `idempotency_key_reused`, or what a rule is against */
export async function acceptAs(
  grant: Grant,
  asked: Parameters<OutboxPort['accept']>[0],
  { outbox, sandbox, clock }: Pick<MessageDeps, 'outbox' | 'sandbox' | 'clock'>,
): Promise<{ readonly command: Command; readonly isReplay: boolean }> {
  const result = await withinQuota(grant, clock.now(), sandbox, () => outbox.accept(asked));
  if (result.outcome === 'conflict') {
    throw new HttpError('idempotency_key_reused');
  }
  if (result.outcome === 'refused') {
    throw policyError(result, clock.now());
  }
  return { command: result.command, isReplay: result.outcome === 'replayed' };
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
