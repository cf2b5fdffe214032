import { z } from 'zod';
import type { EventType } from '../domain/index.ts';
import { attachmentSchema } from './attachment.ts';
import { chatSchema } from './chat.ts';
import { chatIdField, guidField, instantField, lineIdField, messageIdField, senderField } from './fields.ts';
import { lineStateField, reputationField } from './line.ts';
import { messageSchema } from './message.ts';
import { outboxItemSchema } from './outbox-item.ts';
import { reactionSchema } from './reaction.ts';

const aboutMessage = { message_id: messageIdField, message_guid: guidField };
const inChat = { chat_id: chatIdField, line_id: lineIdField };

const deletedData = z.object({ ...aboutMessage, ...inChat, deleted: z.literal(true) });
const attachmentData = attachmentSchema.extend({ ...aboutMessage, ...inChat });
const chatChangeData = z.object({
  ...aboutMessage,
  ...inChat,
  change: z
    .enum([
      'renamed',
      'photo_changed',
      'photo_removed',
      'background_changed',
      'background_removed',
      'address_changed',
    ])
    .meta({ description: '`address_changed`: a member now writes from another address.' }),
  name: z
    .string()
    .optional()
    .meta({ description: '`renamed`: the new name; absent where the name was cleared.' }),
  handle: z.string().optional().meta({ description: '`address_changed`: the member, where the row tells.' }),
  sender: senderField,
});
const participantData = z.object({
  ...aboutMessage,
  ...inChat,
  handle: z.string().optional().meta({ description: 'Who came or left, where the row tells.' }),
  sender: senderField,
});
const lineStateData = z.object({
  line_id: lineIdField,
  state: lineStateField,
  previous: lineStateField,
  reason: z.string().optional(),
  report_at: instantField.optional().meta({
    description: 'Set where the line was flagged: `GET /v1/lines/{id}/report?at=` shows the hour before.',
  }),
});
const reputationData = z.object({
  line_id: lineIdField,
  reputation: reputationField,
  previous: reputationField,
  signals: z.array(z.string()).meta({ description: 'What moved it, as stable words.' }),
});
const limitData = z.object({
  line_id: lineIdField,
  rule: z.string().meta({ description: 'Code of the rule, as refusals name it.' }),
  used: z.number(),
  limit: z.number(),
  percent: z
    .union([z.literal(70), z.literal(80), z.literal(100)])
    .meta({ description: 'The mark that was passed.' }),
  window_seconds: z.number().optional(),
});
const optedOutData = z.object({
  ...aboutMessage,
  ...inChat,
  handle: z.string().optional().meta({ description: 'Who asked for no more messages.' }),
});
const webhookDisabledData = z.object({
  webhook_id: z.string().meta({ description: '`whk_…`' }),
  reason: z.enum(['gone', 'failing']).meta({
    description: 'It answered 410; or nothing got through for as long as a delivery is retried.',
  }),
  failing_since: instantField.optional(),
});
const commandData = outboxItemSchema.omit({ request_id: true });

/** What is left of an event that was erased: its place. It is never appended; it takes the place of another. */
export const ERASED = 'event.erased';

type WireEventType = EventType | typeof ERASED;

function event<T extends WireEventType, D extends z.ZodType>(type: T, data: D) {
  return z.object({
    id: z.string().meta({ description: '`evt_…`; dedupe by it.' }),
    type: z.literal(type),
    timestamp: z.iso.datetime().meta({ description: 'When it was journalled.' }),
    sequence: z
      .int()
      .meta({ description: 'Position in the journal of this bridge and epoch, without gaps.' }),
    bridge_id: z.string(),
    line_id: z.string().nullable().meta({ description: '`null` for events of the bridge itself.' }),
    api_version: z.string(),
    data,
  });
}

/** One journal entry as it is stored and sent. What it says was true at its sequence and never changes, unless it is erased. */
export const eventSchema = z
  .discriminatedUnion('type', [
    event('message.received', messageSchema),
    event('message.created', messageSchema),
    event('message.sent', messageSchema),
    event('message.delivered', messageSchema),
    event('message.read', messageSchema.extend({ reader: z.enum(['contact', 'self']) })),
    event('message.failed', messageSchema),
    event('message.edited', messageSchema),
    event('message.unsent', messageSchema),
    event('message.updated', messageSchema),
    event('message.deleted', deletedData),
    event('reaction.added', reactionSchema),
    event('reaction.removed', reactionSchema),
    event('attachment.ready', attachmentData),
    event('chat.created', chatSchema),
    event('chat.updated', chatChangeData),
    event('participant.added', participantData),
    event('participant.removed', participantData),
    event('command.updated', commandData),
    event('line.state_changed', lineStateData),
    event('line.reputation_changed', reputationData),
    event('line.limit_reached', limitData),
    event('contact.opted_out', optedOutData),
    event('webhook.disabled', webhookDisabledData),
    event('bridge.started', z.object({ version: z.string(), api_version: z.string() })),
    event(
      'bridge.health_changed',
      z.object({ status: z.enum(['healthy', 'unhealthy']), codes: z.array(z.string()) }),
    ),
    event(
      'bridge.gap',
      z.object({
        reason: z.enum(['database_replaced', 'database_rebuilt', 'store_restored', 'store_rebuilt']).meta({
          description:
            '`database_…`: another chat.db was found. `store_…`: the store of this bridge was restored from a backup, or made anew after damage; this journal is what is left of the one before, or begins here.',
        }),
        last_row_id: z
          .int()
          .meta({ description: 'Rows up to here count as history in the database that is there now.' }),
        since: z.int().optional().meta({
          description:
            'Unix ms: messages dated later are told. Older ones that had not been told yet, and changes made meanwhile, may be missing.',
        }),
      }),
    ),
    event(
      ERASED,
      z.object({
        erased_type: z.string().meta({ description: 'What it was.' }),
        erased_at: instantField.meta({ description: 'When the contact was forgotten.' }),
      }),
    ),
  ])
  .meta({ id: 'Event', description: 'Something that happened, under its sequence.' });

/** The envelope as it is made here; `eventSchema` says which `data` goes with which `type`. */
export interface WireEvent {
  readonly id: string;
  readonly type: EventType;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly sequence: number;
  readonly bridge_id: string;
  readonly line_id: string | null;
  readonly api_version: string;
  readonly data: unknown;
}

const BY_NAME: Readonly<Record<WireEventType, true>> = {
  'message.received': true,
  'message.created': true,
  'message.sent': true,
  'message.delivered': true,
  'message.read': true,
  'message.failed': true,
  'message.edited': true,
  'message.unsent': true,
  'message.updated': true,
  'message.deleted': true,
  'reaction.added': true,
  'reaction.removed': true,
  'attachment.ready': true,
  'chat.created': true,
  'chat.updated': true,
  'participant.added': true,
  'participant.removed': true,
  'command.updated': true,
  'line.state_changed': true,
  'line.reputation_changed': true,
  'line.limit_reached': true,
  'contact.opted_out': true,
  'webhook.disabled': true,
  'bridge.started': true,
  'bridge.health_changed': true,
  'bridge.gap': true,
  [ERASED]: true,
};

/** Every name that can stand in `type`. */
export const EVENT_TYPES: readonly string[] = Object.keys(BY_NAME);

export function isEventType(name: string): name is WireEventType {
  return Object.hasOwn(BY_NAME, name);
}
