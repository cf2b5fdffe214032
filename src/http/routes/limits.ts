import { z } from 'zod';
import { errorSchema, limitsSchema, lowerLimitsBody } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import type { GuardPort } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { lowerLimits, mayOrderLimits } from '../lower-limits.ts';
import type { MessagesPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const answer = limitsSchema.extend({ request_id: z.string() });

/** The numbers of the rules: read, made stricter, and given back to the configuration. */
export function limitsRoutes(
  app: HttpApp,
  deps: { readonly guard: GuardPort; readonly messages: MessagesPort },
): void {
  const { guard, messages } = deps;
  app.get(
    '/v1/limits',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getLimits',
        summary: 'See which limits hold, and what of them was lowered',
        querystring: z.strictObject({}),
        response: { 200: answer, ...keyRefusal },
      },
    },
    (request) => ({ ...guard.limits(), request_id: request.id }),
  );

  app.post(
    '/v1/limits/lower',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'lowerLimits',
        summary: 'Make limits stricter than the configuration has them',
        description: 'Each number is held against the one that holds now. Kept over restarts.',
        body: lowerLimitsBody,
        response: { 200: answer, ...keyRefusal, 404: errorSchema, 415: errorSchema, 422: errorSchema },
      },
    },
    (request) => {
      lowerLimits(request.body.rules, grantOf(request), deps);
      return { ...guard.limits(), request_id: request.id };
    },
  );

  app.post(
    '/v1/limits/restore',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'restoreLimits',
        summary: 'Let the limits of the configuration hold again',
        description: 'For a person: no frame does it.',
        body: z.strictObject({}).nullish(),
        response: { 200: answer, ...keyRefusal, 404: errorSchema, 415: errorSchema },
      },
    },
    (request) => {
      mayOrderLimits(grantOf(request), messages);
      guard.restore();
      return { ...guard.limits(), request_id: request.id };
    },
  );
}
