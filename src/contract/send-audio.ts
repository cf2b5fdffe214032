import { z } from 'zod';
import { sendMessageBody } from './send-message.ts';

const {
  from,
  to,
  service,
  client_message_id,
  not_before,
  after_reply,
  expires_at,
  metadata,
  opt_in,
  on_limit,
} = sendMessageBody.shape;

/** What any request to send a file has in common with one to send a text. */
export const sendFields = {
  from,
  to,
  service,
  client_message_id,
  not_before,
  after_reply,
  expires_at,
  metadata,
  opt_in,
  on_limit,
} as const;

const soundField = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: '`file_…` of an uploaded sound.', examples: ['file_01KAHV6MZ8T5N2Q4X7C9D1E3FG'] });
const replyTo = z.string().max(256).optional().meta({ description: 'Needs the capability `reply`.' });

export const sendAudioBody = z
  .strictObject({ ...sendFields, audio_message: soundField, reply_to: replyTo })
  .meta({ id: 'SendAudioMessage', description: 'A sound to one contact or chat, as a file.' });

/** Newer clients of Messages.dev call it a voice note. */
export const sendVoiceNoteBody = z
  .strictObject({ ...sendFields, voice_note: soundField, reply_to: replyTo })
  .meta({ id: 'SendVoiceNote', description: 'A sound to one contact or chat, as a file.' });
