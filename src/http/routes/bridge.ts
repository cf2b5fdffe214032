import { z } from 'zod';
import { diagnosisSchema, logSettingsBody, logSettingsSchema } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import type { OperationsPort } from '../ports.ts';
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
