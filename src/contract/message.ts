import { z } from 'zod';
import { attachmentSchema } from './attachment.ts';
import { chatIdField, guidField, instantField, lineIdField, messageIdField, senderField } from './fields.ts';

export const messageSchema = z
  .object({
    id: messageIdField,
    line_id: lineIdField,
    line_handle: z
      .string()
      .meta({ description: 'The own address itself; `unknown` where the row names none.' }),
    chat_id: chatIdField,
    chat_resolved: z.enum(['join', 'handle', 'none']).meta({
      description: "How the chat is known: by Messages' own link, by the sender's address, or not at all.",
    }),
    is_group: z.boolean(),
    guid: guidField,
    sender: senderField,
    is_from_me: z.boolean(),
    origin: z.enum(['bridge', 'device']).optional().meta({
      description:
        "Rows of our side: sent through this bridge, or by a person on one of the account's devices.",
    }),
    outbox_id: z.string().optional().meta({ description: 'The command that sent it.' }),
    kind: z.enum(['text', 'reaction', 'group_event', 'app', 'unknown']),
    text: z.string().optional(),
    subject: z.string().optional(),
    body_status: z.enum(['none', 'text', 'decoded', 'salvaged', 'undecodable']).meta({
      description: 'How the text was obtained; `undecodable` says that there is one we could not read.',
    }),
    service: z.string().meta({ description: '`iMessage`, `SMS`, `RCS`, … as stored.' }),
    was_downgraded: z
      .boolean()
      .meta({ description: 'It went out as a text message instead of an iMessage.' }),
    attachments: z.array(attachmentSchema),
    is_audio_message: z.boolean(),
    reply_to_guid: z.string().optional().meta({ description: 'Root of the reply thread.' }),
    reaction: z
      .object({
        action: z.enum(['add', 'remove']),
        type: z.string(),
        emoji: z.string().optional(),
        target_guid: guidField,
        part: z.int().optional(),
      })
      .optional()
      .meta({ description: 'Where `kind` is `reaction`.' }),
    group_event: z
      .object({
        action: z.enum(['participant_added', 'participant_removed', 'renamed', 'photo_changed']),
        subject: z.string().optional().meta({ description: 'Whom it concerns.' }),
        title: z.string().optional(),
      })
      .optional()
      .meta({ description: 'Where `kind` is `group_event`.' }),
    app_bundle_id: z.string().optional().meta({ description: 'Where `kind` is `app`.' }),
    codes: z
      .object({ item_type: z.int(), group_action_type: z.int(), associated_message_type: z.int() })
      .optional()
      .meta({ description: "Where `kind` is `unknown`: the row's own numbers." }),
    state: z.enum(['received', 'created', 'sent', 'delivered', 'read', 'failed']).meta({
      description: 'Theirs is `received`; ours goes from `created` on, as the row proves it.',
    }),
    error: z
      .object({ code: z.int().meta({ description: "Apple's number." }), message: z.string() })
      .optional(),
    sent_at: instantField,
    synced_at: instantField.meta({ description: 'When this bridge journalled it, else when it was sent.' }),
    delivered_at: instantField.optional(),
    read_at: instantField.optional(),
    edited_at: instantField.optional(),
    revisions: z.int().meta({ description: 'Revisions listed, the original included; 0 if never edited.' }),
    is_unsent: z.boolean().meta({ description: 'All of it was taken back.' }),
    unsent_parts: z.array(z.int()),
    is_recently_deleted: z.boolean(),
  })
  .meta({ id: 'Message', description: 'One message as chat.db holds it.' });

export type WireMessage = z.infer<typeof messageSchema>;
