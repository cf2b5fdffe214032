import { appleNanoseconds } from '../apple-time.ts';
import { attachmentRun, run } from '../attributed-body.ts';
import { encodePlist } from '../binary-plist.ts';
import type { Cell } from '../row-insert.ts';
import { encodeTranslations } from '../payloads.ts';
import type { CataloguePen } from './pen.ts';

/** Voice messages, and Messages' own translations. */
export function writeVoice(pen: CataloguePen): void {
  const voice = (
    name: string,
    of: {
      readonly transcript?: string;
      readonly columns?: Readonly<Record<string, Cell>>;
      readonly attachment?: Readonly<Record<string, Cell>>;
    },
    audio: Readonly<Record<string, unknown>>,
  ) => {
    const guid = `at_0_${pen.guid(name)}`;
    const attributes = of.transcript === undefined ? {} : { IMAudioTranscription: of.transcript };
    pen.row(
      name,
      {
        body: [attachmentRun(0, guid, attributes)],
        attachments: [
          {
            guid,
            name: 'Audio Message.caf',
            content: 'caff',
            columns: { uti: 'com.apple.coreaudio-format', mime_type: null, ...of.attachment },
          },
        ],
        columns: { is_audio_message: 1, ...of.columns },
      },
      {
        kind: { kind: 'text' },
        text: null,
        audio,
        parts: [{ type: 'attachment', index: 0, guid }],
        attachments: [
          { guid, mimeType: 'audio/x-caf', uti: 'com.apple.coreaudio-format', filename: 'Audio Message.caf' },
        ],
      },
    );
  };
  const none = { transcription: null, transcriptionStatus: 'none', playedAt: null };
  voice('a voice message that does not expire', {}, { ...none, expiry: 'none' });
  const states = ['active', 'will_expire', 'expired'];
  for (const [state, expiry] of states.entries()) {
    voice(
      `a voice message that is ${expiry}`,
      { columns: { is_expirable: 1, expire_state: state } },
      { ...none, expiry },
    );
  }
  const playedAt = pen.next + 90_000;
  voice(
    'a voice message played',
    { columns: { is_played: 1, date_played: appleNanoseconds(playedAt) } },
    { ...none, playedAt },
  );
  voice(
    'a voice message with its transcript in the body',
    { transcript: 'Call me back 📞' },
    {
      transcription: 'Call me back 📞',
      transcriptionStatus: 'stored',
    },
  );
  voice(
    'a voice message with its transcript beside the file',
    { attachment: { user_info: encodePlist({ dictionary: { 'audio-transcription': 'Only here' } }) } },
    { transcription: 'Only here', transcriptionStatus: 'stored' },
  );
  voice(
    'a voice message on its way',
    { attachment: { transfer_state: 3 } },
    {
      transcription: null,
      transcriptionStatus: 'pending',
    },
  );
  pen.row('no voice message', { body: 'just text' }, { audio: null });
  if (pen.since(26)) {
    writeTranslations(pen);
  }
}

function writeTranslations(pen: CataloguePen): void {
  const tmp = encodeTranslations([{ text: 'Where is the station?', language: 'en', from: 'de' }]);
  pen.row(
    'a text with its translation',
    {
      body: [run(0, 'Wo ist der Bahnhof?')],
      columns: { message_summary_info: encodePlist({ dictionary: { amc: 0, tmp, ust: true } }) },
    },
    {
      text: 'Wo ist der Bahnhof?',
      translations: [{ part: 0, text: 'Where is the station?', language: 'en', sourceLanguage: 'de' }],
    },
  );
}
