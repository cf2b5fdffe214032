import { z } from 'zod';
import {
  contactSettingsBody,
  contactStandingSchema,
  errorSchema,
  hourReportSchema,
  toWireContactStanding,
  toWireHourReport,
  toWireUsage,
  usageSchema,
} from '../../contract/index.ts';
import { chatKey, instant, parseHandle, type Handle } from '../../domain/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import type { GuardPort } from '../guard-port.ts';
import type { HttpApp } from '../http-app.ts';
import { findLine } from '../line-access.ts';
import type { MessagesPort } from '../ports.ts';
import { addRates, rateHeaders } from '../rate-headers.ts';
import { keyRefusal } from '../refusals.ts';
import { lineParams } from './lines.ts';

const withRequest = { request_id: z.string() };
const refusals = { ...keyRefusal, 404: errorSchema };
const contactParams = lineParams.extend({
  handle: z
    .string()
    .min(1)
    .max(320)
    .meta({ description: 'A number in international form, or an e-mail address.' }),
});

/** What is left of the limits, how contacts stand, and what the line did. */
export function lineUsageRoutes(
  app: HttpApp,
  deps: { readonly messages: MessagesPort; readonly guard: GuardPort; readonly clock: Clock },
): void {
  const { messages, guard, clock } = deps;
  const lineOf = (
    request: { readonly params: { readonly id: string } } & Parameters<typeof grantOf>[0],
  ): Handle => findLine(request.params.id, messages.lines(), grantOf(request), 'id').handle;

  app.get(
    '/v1/lines/:id/usage',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getLineUsage',
        summary: 'See what is left of every limit',
        description: 'The limits belong to the Apple account: all lines of this Mac share them.',
        params: lineParams,
        querystring: z.strictObject({}),
        response: { 200: usageSchema.extend(withRequest), ...refusals },
      },
    },
    (request, reply) => {
      const line = lineOf(request);
      const usage = guard.usage();
      addRates(reply, rateHeaders(usage));
      return { ...toWireUsage(usage, line, guard.preset), request_id: request.id };
    },
  );

  app.get(
    '/v1/lines/:id/contacts/:handle',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getLineContact',
        summary: 'See how a contact stands, and whether a text to it would be taken now',
        params: contactParams,
        querystring: z.strictObject({}),
        response: { 200: contactStandingSchema.extend(withRequest), ...refusals },
      },
    },
    (request) => {
      const line = lineOf(request);
      const contact = contactOf(request.params.handle);
      const standing = guard.contact(chatKey('direct', contact));
      return { ...toWireContactStanding(standing, line, contact), request_id: request.id };
    },
  );

  app.patch(
    '/v1/lines/:id/contacts/:handle',
    {
      config: { auth: { need: 'key', scope: 'lines:write' } },
      schema: {
        operationId: 'setLineContact',
        summary: "Say in which time zone a contact's quiet hours are",
        params: contactParams,
        body: contactSettingsBody,
        response: { 200: contactStandingSchema.extend(withRequest), ...refusals, 415: errorSchema },
      },
    },
    (request) => {
      const line = lineOf(request);
      const contact = contactOf(request.params.handle);
      const chat = chatKey('direct', contact);
      guard.setTimeZone(chat, request.body.time_zone);
      return { ...toWireContactStanding(guard.contact(chat), line, contact), request_id: request.id };
    },
  );

  app.get(
    '/v1/lines/:id/report',
    {
      config: { auth: { need: 'key', scope: 'lines:read' } },
      schema: {
        operationId: 'getLineReport',
        summary: 'See what the account did in the hour before a moment',
        description: 'As it was kept when the line was flagged at that moment, else counted now.',
        params: lineParams,
        querystring: z.strictObject({
          at: z.coerce
            .number()
            .int()
            .positive()
            .optional()
            .meta({ description: 'Unix time in ms; now if left out.' }),
        }),
        response: { 200: hourReportSchema.extend(withRequest), ...refusals },
      },
    },
    (request) => {
      const line = lineOf(request);
      const at = instant(request.query.at ?? clock.now());
      return { ...toWireHourReport(guard.report(at), line), request_id: request.id };
    },
  );
}

function contactOf(text: string): Handle {
  const contact = parseHandle(text);
  if (contact === null) {
    throw new HttpError('invalid_parameter_value', {
      param: 'handle',
      message: '`handle` must be a number in international form or an e-mail address.',
    });
  }
  return contact;
}
