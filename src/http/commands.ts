import {
  lineOrderBody,
  lowerLimitsBody,
  outboxCancelBody,
  SCOPES,
  sendMessageBody,
  toWireOutboxItem,
  type CommandFrame,
  type CommandName,
  type CommandResult,
  type Scope,
} from '../contract/index.ts';
import type { Command } from '../domain/index.ts';
import { errorCode, type Logger } from '../runtime/index.ts';
import { createMessageAcceptance, type MessageDeps } from './accept-message.ts';
import { hasScope } from './authenticate.ts';
import { errorBody, HttpError } from './errors.ts';
import type { GuardPort } from './guard-port.ts';
import { idempotencyKeyOf, requestHash } from './idempotency.ts';
import { sendableLine } from './line-access.ts';
import { lowerLimits } from './lower-limits.ts';
import { cancelItem } from './outbox-item.ts';
import type { Grant } from './ports.ts';
import { parseBody, toHttpError } from './to-http-error.ts';

/** Who commands the bridge over the link that it has opened itself: whoever the configuration names. */
export const CONTROLLER_GRANT: Grant = {
  // No API key has such an id.
  keyId: 'controller',
  scopes: SCOPES,
  lines: null,
  isSandbox: false,
};

/** Does what command frames ask for, for whoever the frames come from. */
export interface Commands {
  /**
   * @param readGrant what its key may do at this moment; `null` for one that is revoked. It may throw, as a store may.
   * @returns the frame that answers. Never rejects.
   */
  execute(readGrant: () => Grant | null, frame: CommandFrame): Promise<CommandResult>;
}

interface Asked {
  readonly grant: Grant;
  readonly body: unknown;
  readonly id: string;
  readonly expiresAt: number | null;
}

interface Done {
  readonly result: 'accepted' | 'duplicate';
  readonly command: Command | null;
}

interface Handler {
  readonly scope: Scope;
  readonly run: (asked: Asked) => Done | Promise<Done>;
}

/** One executor for the frames of streams and of the controller link: the same checks and the same code as REST. */
export function createCommands(
  deps: MessageDeps & {
    readonly guard: GuardPort;
    readonly log: Logger;
    readonly newRequestId: () => string;
  },
): Commands {
  const { outbox, guard, messages, clock, log, newRequestId } = deps;
  const acceptance = createMessageAcceptance(deps);

  /** What was accepted before is a duplicate, however late it comes again; only what is new can be too late. */
  const dropExpired = (expiresAt: number | null | undefined) => {
    if (typeof expiresAt === 'number' && expiresAt <= clock.now()) {
      throw new HttpError('command_expired', { param: 'expires_at' });
    }
  };

  /** Whoever asks again may have missed what has become of it since. */
  const asItStands = (earlier: Command) => outbox.get(earlier.id) ?? earlier;

  const send = async ({ grant, body: given, id, expiresAt }: Asked): Promise<Done> => {
    const body = parseBody(sendMessageBody, given);
    const name = {
      keyId: grant.keyId,
      idempotencyKey: idempotencyKeyOf(id, body.client_message_id),
      requestHash: requestHash(body),
    };
    const earlier = acceptance.replay(name);
    if (earlier !== null) {
      return { result: 'duplicate', command: asItStands(earlier) };
    }
    dropExpired(expiresAt);
    dropExpired(body.expires_at);
    // What came in time must not wait past the moment at which it would have been too late.
    const lasting = expiresAt === null ? body : { ...body, expires_at: earliest(expiresAt, body.expires_at) };
    const { command, isReplay } = await acceptance.accept(grant, lasting, name);
    return isReplay ? { result: 'duplicate', command: asItStands(command) } : { result: 'accepted', command };
  };

  /** An order is carried out at once, and its name kept behind it: cut off in between, it is carried out again. */
  const once = (
    command: CommandName,
    { grant, body, id, expiresAt }: Asked,
    carryOut: () => Command | null,
  ): Done => {
    const name = { keyId: grant.keyId, idempotencyKey: id, requestHash: requestHash({ command, body }) };
    const earlier = outbox.orders.find(name);
    if (earlier === 'other') {
      throw new HttpError('idempotency_key_reused', { param: 'command_id' });
    }
    if (earlier === 'same') {
      return { result: 'duplicate', command: null };
    }
    dropExpired(expiresAt);
    const affected = carryOut();
    outbox.orders.add(name);
    return { result: 'accepted', command: affected };
  };

  const lineOrder =
    (act: 'pause' | 'resume'): Handler['run'] =>
    (asked) => {
      const body = parseBody(lineOrderBody, asked.body);
      return once(`line.${act}`, asked, () => {
        sendableLine(body.id, messages.lines(), asked.grant);
        guard.order(act, body.reason ?? null);
        return null;
      });
    };

  const handlers: Readonly<Record<CommandName, Handler>> = {
    'message.send': { scope: 'messages:write', run: send },
    'outbox.cancel': {
      scope: 'messages:write',
      run: (asked) => {
        const { id } = parseBody(outboxCancelBody, asked.body);
        return once('outbox.cancel', asked, () => cancelItem(id, asked.grant, outbox));
      },
    },
    'line.pause': { scope: 'lines:write', run: lineOrder('pause') },
    'line.resume': { scope: 'lines:write', run: lineOrder('resume') },
    'limits.lower': {
      scope: 'lines:write',
      run: (asked) => {
        const { rules } = parseBody(lowerLimitsBody, asked.body);
        return once('limits.lower', asked, () => {
          lowerLimits(rules, asked.grant, deps);
          return null;
        });
      },
    },
  };
  const byName = new Map<string, Handler>(Object.entries(handlers));

  return {
    execute: async (readGrant, frame) => {
      const requestId = newRequestId();
      const answer = { type: 'command_result', command_id: frame.command_id } as const;
      const told = { command: byName.has(frame.command) ? frame.command : 'unknown', requestId };
      // A body may be left out where nothing of it is required.
      const body = frame.body ?? {};
      let grant: Grant | null = null;
      try {
        grant = readGrant();
        const { result, command } = await handle(byName, frame.command, grant, {
          body,
          id: frame.command_id,
          expiresAt: frame.expires_at ?? null,
        });
        log.info({ ...told, keyId: grant?.keyId, result }, 'A command was carried out');
        return {
          ...answer,
          result,
          ...(command === null ? {} : { outbox: toWireOutboxItem(command, requestId) }),
        };
      } catch (error) {
        const refusal = toHttpError(error, { body, query: null });
        const why = { ...told, keyId: grant?.keyId, code: refusal.code };
        if (refusal.definition.status >= 500) {
          log.error({ ...why, cause: errorCode(error) }, 'A command was rejected');
        } else {
          log.info(why, 'A command was rejected');
        }
        return { ...answer, result: 'rejected', error: errorBody(refusal, requestId).error };
      }
    },
  };
}

/** @throws HttpError `invalid_api_key`, `unknown_command`, `insufficient_scope`, and what the command throws */
function handle(
  handlers: ReadonlyMap<string, Handler>,
  name: string,
  grant: Grant | null,
  asked: Omit<Asked, 'grant'>,
): Done | Promise<Done> {
  if (grant === null) {
    throw new HttpError('invalid_api_key');
  }
  const handler = handlers.get(name);
  if (handler === undefined) {
    throw new HttpError('unknown_command', { param: 'command' });
  }
  if (!hasScope(grant, handler.scope)) {
    throw new HttpError('insufficient_scope', { message: `The API key lacks the scope ${handler.scope}.` });
  }
  return handler.run({ ...asked, grant });
}

function earliest(one: number, other: number | undefined): number {
  return other === undefined ? one : Math.min(one, other);
}
