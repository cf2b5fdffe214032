import { errorSchema, outboxItemSchema, sendAudioBody } from '../../contract/index.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { ownUpload } from '../own-upload.ts';
import type { Upload } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';
import { requireCapability } from '../require-capability.ts';
import { readFileSend, type SendFileDeps } from './send-file.ts';

/** What voice recorders write; the last two are called films by those who name types by their container. */
const SOUND = /^(?:audio\/.+|video\/mp4|video\/webm|application\/ogg)$/u;

export function audioMessagesRoute(app: HttpApp, deps: SendFileDeps): void {
  app.post(
    '/v1/audio-messages',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'sendAudioMessage',
        summary: 'Send a sound',
        description:
          'Sends an uploaded sound as a file that Messages plays (the capability `voice_memo` is `file`), converted to ' +
          'AAC where this Mac can.',
        body: sendAudioBody,
        response: {
          201: outboxItemSchema,
          ...keyRefusal,
          404: errorSchema,
          408: errorSchema,
          413: errorSchema,
          415: errorSchema,
          422: errorSchema,
          429: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { reply_to: replyTo, ...sending } = body;
      if (replyTo !== undefined) {
        requireCapability(deps.actions, 'reply', 'reply_to');
      }
      const send = readFileSend(request, reply, sending, deps);
      if (send === null) {
        return reply;
      }
      const sound = checkSound(ownUpload(body.audio_message, send.grant, deps.uploads, 'audio_message'));
      const voice = await deps.uploads.toVoice(sound);
      await send.send(voice.id);
      return reply;
    },
  );
}

function checkSound(upload: Upload): Upload {
  if (!SOUND.test(upload.mediaType)) {
    throw new HttpError('invalid_parameter_value', {
      param: 'audio_message',
      message: '`audio_message` must be the id of a sound.',
    });
  }
  return upload;
}
