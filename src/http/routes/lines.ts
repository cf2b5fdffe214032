import { z } from 'zod';
import { errorSchema, lineSchema, list, toWireLine } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { findLine, maySee } from '../line-access.ts';
import type { ActionsPort, Grant, LineInfo, MessagesPort, OutboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const params = z.object({
  id: z.string().min(1).max(320).meta({ description: 'The line, by its `ln_…` id or its address.' }),
});
const answer = lineSchema.extend({ request_id: z.string() });

export function linesRoutes(
  app: HttpApp,
  deps: { readonly messages: MessagesPort; readonly outbox: OutboxPort; readonly actions: ActionsPort },
): void {
  const { messages, outbox, actions } = deps;
  const toWire = (line: LineInfo) =>
    toWireLine(line, { capabilities: actions.capabilities(), pause: outbox.stats().pause });

  app.get(
    '/v1/lines',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'listLines',
        summary: "List the account's own addresses",
        querystring: z.strictObject({}),
        response: { 200: list(lineSchema), ...keyRefusal },
      },
    },
    (request) => {
      const grant = grantOf(request);
      const visible = messages.lines().filter((line) => maySee(grant, line.handle));
      return { data: visible.map(toWire), has_more: false, next_cursor: null, request_id: request.id };
    },
  );

  /** The lane belongs to the account, and only one of its lines can be sent from. */
  const sendable = (reference: string, grant: Grant): LineInfo => {
    const line = findLine(reference, messages.lines(), grant);
    if (!line.isActive) {
      throw new HttpError('line_not_sendable', { param: 'id' });
    }
    return line;
  };

  for (const act of ['pause', 'resume'] as const) {
    app.post(
      `/v1/lines/:id/${act}`,
      {
        config: { auth: { need: 'key', scope: 'lines:write' } },
        schema: {
          operationId: `${act}Line`,
          summary:
            act === 'pause'
              ? 'Let nothing go out until it is resumed; what is accepted waits'
              : 'Let it send again, whoever paused it',
          params,
          response: { 200: answer, ...keyRefusal, 404: errorSchema },
        },
      },
      (request) => {
        const line = sendable(request.params.id, grantOf(request));
        outbox[act]();
        return { ...toWire(line), request_id: request.id };
      },
    );
  }
}
