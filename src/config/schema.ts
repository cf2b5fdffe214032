import { z } from 'zod';
import { parseHandle, type Handle } from '../domain/index.ts';
import { logLevels } from '../runtime/index.ts';
import { limitOverridesSchema, presetNames } from './limit-rules.ts';
import { timeZone } from './time-zone.ts';
import { isPlainAbroad, isWebSocketUrl } from './web-socket-url.ts';

const address = z.string().transform((text, context): Handle => {
  const handle = parseHandle(text);
  if (handle === null) {
    context.addIssue('must be numbers in international form ("+15551234567", in quotes) or e-mail addresses');
    return z.NEVER;
  }
  return handle;
});

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
    file_follow_up_minutes: z
      .number()
      .min(1)
      .max(1440)
      .default(30)
      .describe('The same for files, which take longer to leave.'),
    fallback_after_seconds: z
      .number()
      .min(1)
      .max(3600)
      .default(60)
      .describe(
        'How long an iMessage must have stood as not reachable before a text message follows, where a command asks for it.',
      ),
    breaker_unknowns: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(3)
      .describe('So many unknown outcomes in a row pause the line and relaunch Messages; 0 switches it off.'),
    breaker_failures: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(5)
      .describe('So many failures by Messages in a row do the same; 0 switches it off.'),
    breaker_pause_minutes: z
      .number()
      .min(0.01)
      .max(1440)
      .default(10)
      .describe(
        'The least time between two relaunches of Messages, and so between two trials of a paused line.',
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
    tls: z
      .strictObject({
        cert: z.string().min(1).describe('File of the certificate with its chain, in PEM.'),
        key: z.string().min(1).describe('File of its private key, in PEM, readable by nobody else.'),
      })
      .optional()
      .describe(
        'Serve https and wss, with a certificate of yours. Renewed files are taken up by themselves.',
      ),
    requests_per_hour: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe(
        'Requests that one key may make in an hour; 0 is no limit. What the preset says if left out.',
      ),
  }),
  lines: z.strictObject({
    sendable: z
      .string()
      .min(1)
      .optional()
      .describe('The one own address that AppleScript sends from; found in chat.db if left out.'),
    contact_card: z
      .enum(['off', 'auto'])
      .default('off')
      .describe("auto: every contact gets the line's own card once, after they wrote and we answered."),
    card_name: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The name on that card; the organization, or else the address, if left out.'),
    card_organization: z.string().min(1).max(200).optional().describe('The company on that card.'),
    backup_numbers: z
      .preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(address).max(20))
      .default([])
      .describe('Further addresses on that card, from which contacts may hear if the line fails.'),
    time_zone: timeZone
      .optional()
      .describe(
        "By which quiet hours go where a contact's number tells no zone; that of the line's own number, else this Mac's, if left out.",
      ),
  }),
  limits: z.strictObject({
    preset: z.enum(presetNames).default('balanced').describe('Which numbers the deliverability rules have.'),
    rules: limitOverridesSchema
      .default({})
      .describe('Numbers of single rules that differ from the preset: limits.rules.<rule>.<number>.'),
  }),
  files: z.strictObject({
    max_bytes: z
      .number()
      .int()
      .min(1024)
      .max(2_147_483_648)
      .default(104_857_600)
      .describe('The largest file that can be uploaded for sending; iMessage takes about 100 MB.'),
    reserve_bytes: z
      .number()
      .int()
      .min(0)
      .default(524_288_000)
      .describe('Uploads are refused when they would leave less than this free on the disk.'),
    keep_hours: z
      .number()
      .min(1)
      .max(720)
      .default(24)
      .describe('How long an upload is kept, and the copy that Messages reads after its command has ended.'),
    afconvert: z
      .string()
      .min(1)
      .default('/usr/bin/afconvert')
      .describe('What converts voice messages; where it is missing they are sent as they are.'),
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
      .describe('Older events are kept while the store is smaller than this.'),
    max_bytes: z
      .number()
      .int()
      .min(1_000_000)
      .default(4_294_967_296)
      .describe('Past this size of the store the oldest events go, however young they are.'),
  }),
  webhooks: z.strictObject({
    allow_plain: z
      .boolean()
      .default(false)
      .describe('Allow http to other machines; without TLS anyone on the way reads the messages.'),
    allow_private: z
      .boolean()
      .default(false)
      .describe('Allow addresses of private networks, also those of VPNs.'),
    timeout_seconds: z
      .number()
      .min(1)
      .max(60)
      .default(15)
      .describe('How long a receiver may take to answer a delivery.'),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(8)
      .describe('Deliveries under way at once, for each webhook; those of one chat go one after the other.'),
    retry_seconds: z
      .array(z.number().min(0.1).max(604_800))
      .min(1)
      .max(20)
      .default([5, 30, 120, 600, 3_600, 10_800, 28_800, 86_400])
      .describe('The pause before each retry; each is up to a quarter shorter or longer.'),
    disable_after_hours: z
      .number()
      .min(0.01)
      .max(8_760)
      .default(36)
      .describe('A webhook to which nothing got through for so long is disabled by the next failure.'),
    log_days: z.number().min(0.01).max(365).default(7).describe('How long past deliveries are listed.'),
    rotation_overlap_hours: z
      .number()
      .min(0)
      .max(8_760)
      .default(24)
      .describe('How long both secrets sign after a rotation, unless the rotation says otherwise.'),
  }),
  keeper: z.strictObject({
    messages: z
      .boolean()
      .default(true)
      .describe(
        'Open Messages when it is gone and relaunch it when it does not answer; not while a person has paused the line.',
      ),
    poke_minutes: z
      .number()
      .min(0)
      .max(1440)
      .default(5)
      .describe(
        'How often a Messages that sends nothing is asked something, so that it does not go idle; 0 never.',
      ),
    awake: z.boolean().default(true).describe('Hold this Mac awake while Blueline runs (caffeinate).'),
  }),
  controller: z
    .strictObject({
      url: z
        .string()
        .refine(isWebSocketUrl, 'a WebSocket address (wss://…) without user, password, query or fragment')
        .optional()
        .describe('The controller that this bridge reports to, and takes commands from; none if left out.'),
      token_file: z
        .string()
        .min(1)
        .optional()
        .describe("A file of mode 0600 with the controller's token; read anew for each connection."),
      ca_file: z
        .string()
        .min(1)
        .optional()
        .describe("A certificate authority of one's own, in PEM, beside those that Node brings."),
      allow_plain: z
        .boolean()
        .default(false)
        .describe('Allow ws:// to another machine (inside a tunnel that adds encryption).'),
    })
    .superRefine(({ url, token_file: tokenFile, allow_plain: mayBePlain }, context) => {
      if (url !== undefined && tokenFile === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'needs controller.token_file, which holds the token',
        });
      }
      if (url !== undefined && !mayBePlain && isPlainAbroad(url)) {
        context.addIssue({
          code: 'custom',
          path: ['url'],
          message: 'must begin with wss:// outside of this machine, unless controller.allow_plain is true',
        });
      }
    }),
  log: z.strictObject({
    level: z
      .enum(logLevels)
      .default('info')
      .describe('What is told from the start on; `blueline logs --level` changes it while the daemon runs.'),
    file_bytes: z
      .number()
      .int()
      .min(65_536)
      .max(1_073_741_824)
      .default(10_485_760)
      .describe('Where the log goes to files: how large one grows before the next is begun.'),
    files: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(5)
      .describe('How many files before the current one are kept.'),
  }),
  mac: z.strictObject({
    tools: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A folder with executables to call in place of macOS's own tools (launchctl, pgrep, pmset, …), of the same names.",
      ),
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
  files: sections.files.prefault({}),
  events: sections.events.prefault({}),
  webhooks: sections.webhooks.prefault({}),
  keeper: sections.keeper.prefault({}),
  controller: sections.controller.prefault({}),
  log: sections.log.prefault({}),
  mac: sections.mac.prefault({}),
});

export type ConfigFile = z.output<typeof fileSchema>;
