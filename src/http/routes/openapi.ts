import { z } from 'zod';
import type { HttpApp } from '../http-app.ts';
import { keyRefusal } from '../refusals.ts';

export function openapiRoute(app: HttpApp): void {
  app.get(
    '/openapi.json',
    {
      config: { auth: { need: 'local_or_key', scope: 'health:read' } },
      schema: {
        operationId: 'getOpenApi',
        summary: 'This description',
        querystring: z.strictObject({}),
        response: { ...keyRefusal, 200: z.record(z.string(), z.unknown()) },
      },
    },
    // The document is made once and kept by the plugin.
    () => ({ ...app.swagger() }),
  );
}
