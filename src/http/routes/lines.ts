import { z } from 'zod';
import { errorSchema, lineSchema, list, toWireLine } from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import type { GuardPort, LineAct } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { findLine, maySee, sendableLine } from '../line-access.ts';
import type { ActionsPort, LineInfo, MessagesPort, OutboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

export const lineParams = z.object({
  id: z.string().min(1).max(320).meta({ description: 'The line, by its `ln_…` id or its address.' }),
});
const answer = lineSchema.extend({ request_id: z.string() });
const orderBody = z
  .strictObject({
    reason: z.string().min(1).max(500).optional().meta({ description: 'Kept, and told with the event.' }),
  })
  .nullish();

const ACTS: Readonly<Record<LineAct, string>> = {
  pause: 'Let nothing go out until it is resumed; what was accepted before waits, what comes is refused',
  resume: 'Let it send again, whoever paused it',
  flag: 'Say that Apple seems to throttle it: it sends nothing but replies until the flag is cleared',
  clear: 'Clear its flag; its daily caps on outreach then grow from a tenth, as those of a new line',
};

export function linesRoutes(
  app: HttpApp,
  deps: {
    readonly messages: MessagesPort;
    readonly outbox: OutboxPort;
    readonly actions: ActionsPort;
    readonly guard: GuardPort;
  },
): void {
  const { messages, outbox, actions, guard } = deps;
  const toWire = (line: LineInfo) =>
    toWireLine(line, {
      capabilities: actions.capabilities(),
      pause: outbox.stats().pause,
      guard: guard.line(),
    });

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

  app.get(
    '/v1/lines/:id',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getLine',
        summary: 'See one line',
        params: lineParams,
        querystring: z.strictObject({}),
        response: { 200: answer, ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => {
      const line = findLine(request.params.id, messages.lines(), grantOf(request), 'id');
      return { ...toWire(line), request_id: request.id };
    },
  );

  for (const act of ['pause', 'resume', 'flag', 'clear'] as const) {
    app.post(
      `/v1/lines/:id/${act}`,
      {
        config: { auth: { need: 'key', scope: 'lines:write' } },
        schema: {
          operationId: `${act}Line`,
          summary: ACTS[act],
          params: lineParams,
          body: orderBody,
          response: { 200: answer, ...keyRefusal, 404: errorSchema, 415: errorSchema },
        },
      },
      (request) => {
        const line = sendableLine(request.params.id, messages.lines(), grantOf(request));
        guard.order(act, request.body?.reason ?? null);
        return { ...toWire(line), request_id: request.id };
      },
    );
  }
}
