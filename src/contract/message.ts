import { z } from 'zod';
import { appSchema, pollSchema } from './app-content.ts';
import { attachmentSchema } from './attachment.ts';
import { chatIdField, guidField, instantField, lineIdField, messageIdField, senderField } from './fields.ts';
import { partHistorySchema, partSchema, translationSchema } from './message-parts.ts';

const KINDS = [
  'text',
  'reaction',
  'sticker',
  'group_event',
  'location_sharing',
  'audio_kept',
  'shareplay',
  'app',
  'app_notice',
  'poll',
  'unknown',
] as const;

const partField = z
  .int()
  .optional()
  .meta({ description: 'Body part that is meant; absent for the whole message.' });
const targetGuid = guidField.meta({ description: 'The guid of the message that it was put on.' });
const targetId = messageIdField.meta({ description: 'The `msg_…` of the message that it was put on.' });
const at = (description: string) =>
  instantField.optional().meta({ description: `${description} Unix time in milliseconds.` });

/** What a row is, beside being a row: one of these is there, named by `kind`. */
const kindFields = {
  kind: z.enum(KINDS).meta({
    description:
      'What the row is. `unknown` is a row whose numbers nobody knows: they are in `codes`, and all else is told.',
  }),
  reaction: z
    .object({
      action: z.enum(['add', 'remove']).meta({ description: 'Put on, or taken back.' }),
      type: z.string().meta({
        description: 'love, like, dislike, laugh, emphasize, question, emoji or sticker.',
      }),
      emoji: z.string().optional().meta({ description: 'Where `type` is `emoji`: the emoji.' }),
      target_guid: targetGuid,
      target_message_id: targetId,
      part: partField,
    })
    .optional()
    .meta({ description: 'Where `kind` is `reaction`.' }),
  sticker: z
    .object({ target_guid: targetGuid, target_message_id: targetId, part: partField })
    .optional()
    .meta({ description: 'Where `kind` is `sticker`: what the sticker was laid on.' }),
  group_event: z
    .object({
      action: z
        .enum([
          'participant_added',
          'participant_removed',
          'participant_left',
          'address_changed',
          'renamed',
          'photo_changed',
          'photo_removed',
          'background_changed',
          'background_removed',
        ])
        .meta({ description: 'What happened to the group.' }),
      subject: z.string().optional().meta({ description: 'Whom it concerns, where the row tells.' }),
      title: z.string().optional().meta({ description: 'The new name; absent where the name was cleared.' }),
    })
    .optional()
    .meta({ description: 'Where `kind` is `group_event`.' }),
  location_sharing: z
    .object({
      action: z.enum(['started', 'stopped']).meta({ description: 'Whether it began or ended.' }),
      by_owner: z.boolean().meta({ description: 'Our side shares its location; else the contact does.' }),
    })
    .optional()
    .meta({ description: 'Where `kind` is `location_sharing`.' }),
  app: appSchema.optional().meta({ description: 'Where `kind` is `app`.' }),
  app_bundle_id: z
    .string()
    .optional()
    .meta({ description: "Where `kind` is `app` or `app_notice`: the app's bundle id, as stored." }),
  app_notice: z
    .object({
      target_guid: targetGuid.optional(),
      target_message_id: targetId.optional(),
    })
    .optional()
    .meta({ description: 'Where `kind` is `app_notice`: a line that an app wrote about a message.' }),
  poll: pollSchema.optional().meta({ description: 'Where `kind` is `poll`.' }),
  codes: z
    .object({
      item_type: z.int().meta({ description: '`message.item_type`.' }),
      group_action_type: z.int().meta({ description: '`message.group_action_type`.' }),
      associated_message_type: z.int().meta({ description: '`message.associated_message_type`.' }),
    })
    .optional()
    .meta({ description: "Where `kind` is `unknown`: the row's own numbers." }),
};

const contentFields = {
  text: z.string().optional().meta({
    description: 'All text of the message, without the placeholders of attachments.',
  }),
  subject: z.string().optional().meta({ description: 'The subject line, where there is one.' }),
  body_status: z.enum(['none', 'text', 'decoded', 'salvaged', 'undecodable']).meta({
    description: 'How the text was obtained; `undecodable` says that there is one we could not read.',
  }),
  parts: z.array(partSchema).meta({
    description:
      'The body piece by piece, with gaps where parts were taken back. Empty where there is none, or none decodable.',
  }),
  attachments: z
    .array(attachmentSchema)
    .meta({ description: 'The files, whether or not they are here yet.' }),
  is_audio_message: z.boolean().meta({ description: 'A voice message recorded in Messages.' }),
  audio: z
    .object({
      expiry: z.enum(['none', 'active', 'will_expire', 'expired']).meta({
        description: 'Recordings that are not kept go soon after they were played.',
      }),
      played_at: at('When it was played.'),
      transcription: z.string().optional().meta({ description: 'What is said in it.' }),
      transcription_status: z.enum(['stored', 'pending', 'none']).meta({
        description:
          '`pending` while the recording is on its way. A transcript that comes later gives `message.updated`.',
      }),
    })
    .optional()
    .meta({ description: 'Of a voice message.' }),
  translations: z.array(translationSchema).meta({ description: "Messages' own translations." }),
  reply: z
    .object({
      guid: guidField.meta({ description: "The guid of the thread's first message." }),
      message_id: messageIdField.meta({ description: "The `msg_…` of the thread's first message." }),
      part: partField,
      start: z.int().optional().meta({ description: 'Stretch replied to: UTF-16 units from its start.' }),
      length: z.int().optional().meta({ description: 'Stretch replied to: its length in UTF-16 units.' }),
    })
    .optional()
    .meta({ description: 'What it replies to. All replies of a thread name its first message.' }),
  reply_to_guid: z.string().optional().meta({ description: 'The same as `reply.guid`.' }),
  effect: z
    .object({
      type: z.enum(['bubble', 'screen', 'unknown']).meta({ description: 'Where it is played.' }),
      name: z
        .string()
        .meta({ description: "A stable word; the last piece of Apple's id for one that is not known." }),
    })
    .optional()
    .meta({ description: 'The effect that it was sent with.' }),
};

const stateFields = {
  state: z.enum(['received', 'created', 'sent', 'delivered', 'read', 'failed']).meta({
    description: 'Theirs is `received`; ours goes from `created` on, as the row proves it.',
  }),
  error: z
    .object({
      code: z.int().meta({ description: "Apple's number." }),
      message: z.string().meta({ description: 'What it means. May change.' }),
    })
    .optional()
    .meta({ description: 'Why it failed.' }),
  was_downgraded: z.boolean().meta({ description: 'It went out as a text message instead of an iMessage.' }),
  delivered_quietly: z
    .boolean()
    .meta({ description: 'The devices of the contact showed nothing at once: a Focus was on.' }),
  notified: z.boolean().meta({ description: 'The sender insisted on a notification in spite of the Focus.' }),
  sent_at: instantField.meta({
    description: "The row's date. Unix time in milliseconds.",
  }),
  synced_at: instantField.meta({
    description: 'When this bridge journalled it, else when it was sent. Unix time in milliseconds.',
  }),
  delivered_at: at('When it was delivered.'),
  read_at: at('When it was read.'),
  edited_at: at('When it was last edited.'),
  revisions: z
    .int()
    .meta({ description: 'Revisions of the most edited part, the original included; 0 if never edited.' }),
  history: z.array(partHistorySchema).meta({ description: 'What the edited parts said before.' }),
  is_unsent: z.boolean().meta({ description: 'All of it was taken back.' }),
  unsent_parts: z.array(z.int()).meta({ description: 'Numbers of the parts that were taken back.' }),
  is_recently_deleted: z.boolean().meta({ description: 'It stands in Recently Deleted.' }),
  deleted_at: at('When it was put there.'),
  scheduled: z
    .object({
      due_at: instantField.meta({ description: 'When it is to leave. Unix time in milliseconds.' }),
      state: z.int().meta({ description: "Messages' own number; 3 is sent." }),
    })
    .optional()
    .meta({ description: 'Of a message that is, or was, to leave later (macOS 15 on).' }),
  filtering: z
    .object({
      is_spam: z.boolean().meta({ description: 'The row is marked as junk.' }),
      chat: z.enum(['known', 'unknown_sender', 'spam', 'category']).meta({
        description: 'Where Messages lists the chat; `category` is one of those of text messages.',
      }),
      action: z
        .union([z.enum(['none', 'allow', 'junk', 'promotion', 'transaction']), z.int()])
        .meta({ description: "The filter's verdict (macOS 27); an unknown one stays Messages' number." }),
    })
    .meta({ description: "What the filters of Apple or of the Mac's owner made of it." }),
  backfilled: z.literal(true).optional().meta({
    description: 'Messages inserted an old message again, under a new guid: `replay_of` is the earlier copy.',
  }),
  replay_of: z.string().optional().meta({ description: 'The guid of the earlier copy.' }),
  late: z.literal(true).optional().meta({
    description:
      'Events only: when this bridge first saw the row, its date was more than 15 minutes past, and no twin was found.',
  }),
};

export const messageSchema = z
  .object({
    id: messageIdField,
    guid: guidField,
    line_id: lineIdField,
    line_handle: z
      .string()
      .meta({ description: 'The own address itself; `unknown` where the row names none.' }),
    chat_id: chatIdField,
    chat_resolved: z.enum(['join', 'handle', 'none']).meta({
      description: "How the chat is known: by Messages' own link, by the sender's address, or not at all.",
    }),
    is_group: z.boolean().meta({ description: 'It stands in a group.' }),
    sender: senderField,
    is_from_me: z.boolean().meta({ description: 'It is of our side.' }),
    origin: z.enum(['bridge', 'device']).optional().meta({
      description:
        "Rows of our side: sent through this bridge, or by a person on one of the account's devices.",
    }),
    outbox_id: z.string().optional().meta({ description: 'The command that sent it.' }),
    service: z.string().meta({ description: '`iMessage`, `SMS`, `RCS`, … as stored.' }),
    ...kindFields,
    ...contentFields,
    ...stateFields,
  })
  .meta({
    id: 'Message',
    description:
      'One message as chat.db holds it; the same shape in REST, in events and in exports. A field that is optional is ' +
      'absent where the row has nothing to say.',
  });

export type WireMessage = z.infer<typeof messageSchema>;
