import { z } from 'zod';
import type { HttpApp } from '../http-app.ts';
import type { MetricsPort } from '../metrics-port.ts';
import { keyRefusal } from '../refusals.ts';

export function metricsRoute(app: HttpApp, { metrics }: { readonly metrics: MetricsPort }): void {
  app.get<{ Reply: string }>(
    '/metrics',
    {
      config: { auth: { need: 'local_or_key', scope: 'health:read' } },
      schema: {
        operationId: 'getMetrics',
        summary: 'Figures for Prometheus',
        description: 'In its text format. No text or address stands in it.',
        querystring: z.strictObject({}),
        response: {
          ...keyRefusal,
          200: { description: 'The figures.', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) => {
      const { contentType, text } = await metrics.render();
      return reply.header('cache-control', 'no-store').type(contentType).send(text);
    },
  );
}
