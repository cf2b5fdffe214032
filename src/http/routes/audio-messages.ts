import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAudioBody, sendVoiceNoteBody } from '../../contract/index.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { ownUpload } from '../own-upload.ts';
import type { Upload } from '../ports.ts';
import { sendAnswers } from '../refusals.ts';
import { requireCapability } from '../require-capability.ts';
import { readFileSend, type FileBody, type SendFileDeps } from './send-file.ts';

/** What voice recorders write; the last two are called films by those who name types by their container. */
const SOUND = /^(?:audio\/.+|video\/mp4|video\/webm|application\/ogg)$/u;

const DESCRIPTION =
  'Sends an uploaded sound as a file that Messages plays (the capability `voice_memo` is `file`), converted to ' +
  'AAC where this Mac can.';

export function audioMessagesRoutes(app: HttpApp, deps: SendFileDeps): void {
  const declare = (operationId: string, summary: string) => ({
    config: { auth: { need: 'key', scope: 'messages:write' } } as const,
    schema: {
      operationId,
      summary,
      description: DESCRIPTION,
      response: sendAnswers,
    },
  });

  const audio = declare('sendAudioMessage', 'Send a sound');
  app.post(
    '/v1/audio-messages',
    { ...audio, schema: { ...audio.schema, body: sendAudioBody } },
    async (request, reply) => {
      const { reply_to: replyTo, ...sending } = request.body;
      await sendSound(request, reply, {
        replyTo,
        sending,
        file: sending.audio_message,
        param: 'audio_message',
      });
      return reply;
    },
  );

  const voice = declare('sendVoiceNote', 'Send a sound, under the name of newer clients of Messages.dev');
  app.post(
    '/v1/voice-notes',
    { ...voice, schema: { ...voice.schema, body: sendVoiceNoteBody } },
    async (request, reply) => {
      const { reply_to: replyTo, ...sending } = request.body;
      await sendSound(request, reply, { replyTo, sending, file: sending.voice_note, param: 'voice_note' });
      return reply;
    },
  );

  async function sendSound(
    request: FastifyRequest,
    reply: FastifyReply,
    asked: {
      readonly replyTo: string | undefined;
      readonly sending: FileBody;
      /** The upload, and the field that names it. */
      readonly file: string;
      readonly param: string;
    },
  ): Promise<void> {
    if (asked.replyTo !== undefined) {
      requireCapability(deps.actions, 'reply', 'reply_to');
    }
    const send = await readFileSend(request, reply, asked.sending, deps);
    if (send !== null) {
      const upload = ownUpload(asked.file, send.grant, deps.uploads, asked.param);
      const voice = await deps.uploads.toVoice(checkSound(upload, asked.param));
      await send.send(voice.id);
    }
  }
}

function checkSound(upload: Upload, param: string): Upload {
  if (!SOUND.test(upload.mediaType)) {
    throw new HttpError('invalid_parameter_value', {
      param,
      message: `\`${param}\` must be the id of a sound.`,
    });
  }
  return upload;
}
