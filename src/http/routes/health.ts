import { z } from 'zod';
import { healthSchema } from '../../contract/index.ts';
import { hasScope } from '../authenticate.ts';
import type { HttpApp } from '../http-app.ts';
import type { Grant, HealthPort } from '../ports.ts';
import type { JournalPort } from '../stream-port.ts';
import { keyRefusal } from '../refusals.ts';

const noQuery = z.strictObject({});

export function healthRoutes(
  app: HttpApp,
  { health, journal }: { readonly health: HealthPort; readonly journal: JournalPort },
): void {
  // The snapshot is ready for the wire; what a schema would cut off it, an operator would miss.
  app.get<{ Reply: string }>(
    '/health',
    {
      config: { auth: { need: 'local_or_key', scope: 'health:read' } },
      schema: {
        operationId: 'getHealth',
        summary: 'How the bridge is',
        description: '200 when healthy; 503 with the same body when not. With a key it tells more.',
        querystring: noQuery,
        response: { ...keyRefusal, 200: healthSchema, 503: healthSchema },
      },
    },
    (request, reply) => {
      const { grant } = request;
      const more =
        grant !== null && hasScope(grant, 'health:read')
          ? { ...visibleDetails(health.details(), grant), last_sequence: journal.head() }
          : {};
      const body = JSON.stringify({ ...health.snapshot(), ...more });
      void reply
        .code(health.status === 'healthy' ? 200 : 503)
        .header('cache-control', 'no-store')
        .type('application/json')
        .send(body);
    },
  );

  app.get(
    '/livez',
    {
      config: { auth: { need: 'nothing' } },
      schema: {
        operationId: 'getLiveness',
        summary: 'Answers whenever the process turns',
        response: { 200: z.object({ status: z.literal('alive') }) },
      },
    },
    () => ({ status: 'alive' as const }),
  );
}

/** The details without the lines that the key may not see. */
function visibleDetails(
  details: Readonly<Record<string, unknown>>,
  grant: Grant,
): Readonly<Record<string, unknown>> {
  const { lines } = details;
  if (grant.lines === null || !Array.isArray(lines)) {
    return details;
  }
  return { ...details, lines: lines.filter((line: unknown) => grant.lines?.includes(idOf(line)) === true) };
}

function idOf(line: unknown): string {
  return typeof line === 'object' && line !== null && 'id' in line && typeof line.id === 'string'
    ? line.id
    : '';
}
