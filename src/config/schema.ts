import { z } from 'zod';
import { limitOverridesSchema, presetNames } from './limit-rules.ts';

/**
 * Every key that `config.yaml` may hold, section by section, with its default. Each key has an environment twin by
 * its path: `http.port` is `BLUELINE_HTTP_PORT`.
 */
export const sections = {
  bridge: z.strictObject({
    id: z
      .string()
      .regex(/^[\w.-]{1,64}$/u, 'letters, digits, dot, dash and underscore, at most 64')
      .optional()
      .describe('Name under which this bridge reports; made up once and kept in the store if left out.'),
    clock_offset_seconds: z
      .number()
      .default(0)
      .describe("Added to the machine's clock; for a bridge that works with a simulated Mac."),
  }),
  messages: z.strictObject({
    db: z.string().min(1).optional().describe("Messages' database; ~/Library/Messages/chat.db if left out."),
    osascript: z
      .string()
      .min(1)
      .optional()
      .describe('An executable to call in place of /usr/bin/osascript, with the same arguments and input.'),
    send_timeout_seconds: z
      .number()
      .min(1)
      .max(600)
      .default(30)
      .describe('How long one send script may run before it is ended and its outcome is called unknown.'),
    proof_window_seconds: z
      .number()
      .min(1)
      .max(600)
      .default(8)
      .describe("How long after the script's end the row that proves a send may take to appear."),
    follow_up_minutes: z
      .number()
      .min(1)
      .max(1440)
      .default(15)
      .describe(
        'How long an unknown outcome is still looked after; an equal text to the same chat waits so long.',
      ),
  }),
  capture: z.strictObject({
    mode: z
      .enum(['auto', 'wal', 'scan'])
      .default('auto')
      .describe(
        'How changes of old rows are noticed. auto: from the WAL, or by scanning where the WAL cannot be followed.',
      ),
  }),
  http: z.strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(5463)
      .describe('Port to listen on; 0 takes any free one.'),
    allow_plain: z
      .boolean()
      .default(false)
      .describe('Allow an address outside loopback without TLS (behind a proxy that adds it).'),
  }),
  lines: z.strictObject({
    sendable: z
      .string()
      .min(1)
      .optional()
      .describe('The one own address that AppleScript sends from; found in chat.db if left out.'),
  }),
  limits: z.strictObject({
    preset: z
      .enum(presetNames)
      .default('balanced')
      .describe('Whose numbers the deliverability rules have; `off` switches all of them off.'),
    rules: limitOverridesSchema.default({}).describe('Numbers that differ from the preset, by rule.'),
    time_zone: z
      .string()
      .refine(isTimeZone, 'an IANA time zone such as "Europe/Berlin"')
      .optional()
      .describe(
        "The line's own time zone, for contacts whose number tells none; the number's, or this Mac's, if left out.",
      ),
  }),
  events: z.strictObject({
    retention_days: z
      .number()
      .min(1)
      .max(3650)
      .default(7)
      .describe('Events younger than this are kept whatever their size.'),
    retention_bytes: z
      .number()
      .int()
      .min(1_000_000)
      .default(1_073_741_824)
      .describe('Older events are kept while the journal is smaller than this.'),
  }),
  log: z.strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  }),
} as const;

/** The whole file. A missing section is an empty one. */
export const fileSchema = z.strictObject({
  bridge: sections.bridge.prefault({}),
  messages: sections.messages.prefault({}),
  capture: sections.capture.prefault({}),
  http: sections.http.prefault({}),
  lines: sections.lines.prefault({}),
  limits: sections.limits.prefault({}),
  events: sections.events.prefault({}),
  log: sections.log.prefault({}),
});

export type ConfigFile = z.output<typeof fileSchema>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
