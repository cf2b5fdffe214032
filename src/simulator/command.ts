import { z } from 'zod';
import { faultSchema } from './fault.ts';
import { behaviourSchema } from './people.ts';
import { SEND_STEPS } from './send-log.ts';
import { TAPBACK_TYPES } from './tapback.ts';
import { timingSchema } from './timing.ts';

const ms = z.number().int().min(0);
const address = z.string().min(1).max(320);
const text = z.string().min(1);
/** Which message: by its guid, else the newest that fits. */
const guid = z.string().min(1).optional();
/** `contact` is the person named, `owner` the owner on another device. */
const by = z.enum(['contact', 'owner']).default('contact');
const service = z.enum(['iMessage', 'SMS', 'RCS']).optional();
/** How late the parts of a new row come; absent means with the row. `date` (Unix ms) may lie in the past. */
const lateness = {
  joinAfterMs: z.union([ms, z.literal('never')]).optional(),
  bodyAfterMs: ms.optional(),
  date: z.number().int().optional(),
};

function named<N extends string, A extends z.ZodType>(name: N, args: A) {
  return z.object({ command: z.literal(name), args });
}

const nothing = z.strictObject({}).default({});

/** Everything that the simulated Mac can be told to do, as it comes over the socket. */
export const commandSchema = z.discriminatedUnion('command', [
  named('text', z.strictObject({ from: address, text, service, replyTo: guid, ...lateness })),
  named('group-text', z.strictObject({ group: text, from: address, text, ...lateness })),
  named(
    'attachment',
    z.strictObject({
      from: address,
      name: z.string().regex(/^[^/\0]{1,200}$/u),
      size: z.number().int().min(0).max(100_000_000).default(1_000),
      text: z.string().default(''),
      transferMs: ms.optional(),
    }),
  ),
  named(
    'react',
    z.strictObject({
      contact: address,
      by,
      type: z.enum(TAPBACK_TYPES),
      emoji: text.optional(),
      remove: z.boolean().default(false),
      guid,
    }),
  ),
  named('edit', z.strictObject({ contact: address, by, text, guid })),
  named(
    'unsend',
    z.strictObject({ contact: address, by, guid, parts: z.array(z.number().int().min(0)).optional() }),
  ),
  named('read', z.strictObject({ contact: address, guid })),
  named('owner-reads', z.strictObject({ contact: address })),
  named('phone', z.strictObject({ to: address, text })),
  named('delete', z.strictObject({ contact: address, guid, forGood: z.boolean().default(false) })),
  named(
    'burst',
    z.strictObject({
      count: z.number().int().min(1).max(1_000_000),
      perTransaction: z.number().int().min(1).default(1),
      from: address.default('+15550007777'),
      text: text.default('burst'),
      gapMs: ms.default(0),
    }),
  ),
  named(
    'group',
    z.discriminatedUnion('action', [
      z.strictObject({
        action: z.literal('create'),
        group: text,
        name: z.string().nullable(),
        participants: z.array(address).min(1),
      }),
      z.strictObject({
        action: z.literal('rename'),
        group: text,
        name: z.string().nullable(),
        by: address.optional(),
      }),
      z.strictObject({
        action: z.enum(['add', 'remove']),
        group: text,
        who: address,
        by: address.optional(),
      }),
      z.strictObject({ action: z.literal('leave'), group: text, who: address }),
    ]),
  ),
  named('person', z.strictObject({ handle: address, behaviour: behaviourSchema })),
  named(
    'replay',
    z.strictObject({ contact: address, count: z.number().int().min(1).max(10_000).default(1) }),
  ),
  named(
    'fault',
    z.strictObject({
      fault: faultSchema,
      times: z.enum(['next', 'on']).default('next'),
      /** Only a send of exactly this text meets it. */
      text: text.optional(),
    }),
  ),
  named('clear-faults', nothing),
  named('timing', timingSchema.partial()),
  named('quit', nothing),
  named('reopen', nothing),
  named('kill', nothing),
  named('vanish', nothing),
  named('restore', nothing),
  named(
    'replace-database',
    z
      .discriminatedUnion('content', [
        z.strictObject({ content: z.literal('empty') }),
        z.strictObject({ content: z.literal('renumbered'), from: z.number().int().min(1).default(1) }),
      ])
      .default({ content: 'empty' }),
  ),
  named(
    'checkpoint',
    z.strictObject({ mode: z.enum(['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE']).default('PASSIVE') }).default({
      mode: 'PASSIVE',
    }),
  ),
  named('wait-idle', z.strictObject({ timeoutMs: ms.default(30_000) }).default({ timeoutMs: 30_000 })),
  named('wait-for', z.strictObject({ text, step: z.enum(SEND_STEPS), timeoutMs: ms.default(30_000) })),
  named('inbox', z.strictObject({ of: address.optional() }).default({})),
  named('state', nothing),
  named('exit', nothing),
]);

export type SimulatorCommand = z.infer<typeof commandSchema>;
/** As a caller may write it: what has a default can be left out. */
export type SimulatorRequest = z.input<typeof commandSchema>;

/** The commands that make rows, as against those that direct the Mac itself. */
export type PeopleCommand = Extract<
  SimulatorCommand,
  {
    command:
      | 'text'
      | 'group-text'
      | 'attachment'
      | 'react'
      | 'edit'
      | 'unsend'
      | 'read'
      | 'owner-reads'
      | 'phone'
      | 'delete'
      | 'replay'
      | 'group';
  }
>;
