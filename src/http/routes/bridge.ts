import { z } from 'zod';
import {
  diagnosisSchema,
  erasureSchema,
  forgetBody,
  logSettingsBody,
  logSettingsSchema,
} from '../../contract/index.ts';
import { handle, parseHandle, type Handle } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import type { OperationsPort } from '../operations-port.ts';
import { keyRefusal } from '../refusals.ts';

const withRequestId = { request_id: z.string() };
const noQuery = z.strictObject({});
const MINUTE_MS = 60_000;

export function bridgeRoutes(app: HttpApp, { operations }: { readonly operations: OperationsPort }): void {
  app.get(
    '/v1/bridge/doctor',
    {
      config: { auth: { need: 'key', scope: 'health:read' } },
      schema: {
        operationId: 'getDiagnosis',
        summary: 'Look at everything that the line depends on, from within the daemon',
        description: 'Takes some seconds. `/health` costs nothing and is for polling.',
        querystring: noQuery,
        response: { 200: diagnosisSchema.extend(withRequestId), ...keyRefusal },
      },
    },
    async (request) => ({ ...(await operations.diagnose()), request_id: request.id }),
  );

  app.post(
    '/v1/bridge/forget',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'forgetContact',
        summary: 'Erase what was said with a contact from the store of this bridge, for good',
        description:
          'The texts of Messages itself stay where they are. Needs a key that is not limited to lines. May take some seconds.',
        body: forgetBody,
        querystring: noQuery,
        response: { 200: erasureSchema.extend(withRequestId), ...keyRefusal },
      },
    },
    async (request) => {
      const { isSandbox, lines } = grantOf(request);
      if (isSandbox) {
        throw new HttpError('sandbox_requires_owner');
      }
      if (lines !== null) {
        throw new HttpError('line_not_accessible');
      }
      const contact = contactOf(request.body.handle);
      if (contact === null) {
        throw new HttpError('invalid_parameter_value', {
          param: 'handle',
          message: '`handle` must be a number in international form or an e-mail address.',
        });
      }
      return { ...(await operations.forget(contact)), request_id: request.id };
    },
  );

  app.get(
    '/v1/bridge/log',
    {
      config: { auth: { need: 'key', scope: 'health:read' } },
      schema: {
        operationId: 'getLogSettings',
        summary: 'What the log tells',
        querystring: noQuery,
        response: { 200: logSettingsSchema.extend(withRequestId), ...keyRefusal },
      },
    },
    (request) => ({ ...operations.logSettings(), request_id: request.id }),
  );

  app.patch(
    '/v1/bridge/log',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'changeLogSettings',
        summary: 'Have the log tell more or less, for a while or until the daemon ends',
        body: logSettingsBody,
        querystring: noQuery,
        response: { 200: logSettingsSchema.extend(withRequestId), ...keyRefusal },
      },
    },
    (request) => {
      if (grantOf(request).isSandbox) {
        throw new HttpError('sandbox_requires_owner');
      }
      const { level, for_minutes: minutes } = request.body;
      const settings = operations.setLogLevel(level, minutes === undefined ? null : minutes * MINUTE_MS);
      return { ...settings, request_id: request.id };
    },
  );
}

/** Numbers of services have three to eight digits, and stand in chat.db as they are. */
const SERVICE_NUMBER = /^\d{3,8}$/u;

function contactOf(text: string): Handle | null {
  const given = text.trim();
  return SERVICE_NUMBER.test(given) ? handle(given) : parseHandle(given);
}
