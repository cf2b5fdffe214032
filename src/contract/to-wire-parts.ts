import type { Part, PartHistory, TextRun, Translation } from '../domain/index.ts';
import { fileId } from './ids.ts';
import type { WirePart, WirePartHistory, WireRun, WireTranslation } from './message-parts.ts';

export function toWirePart(part: Part): WirePart {
  switch (part.type) {
    case 'text':
      return {
        type: 'text',
        index: part.index ?? undefined,
        text: part.text,
        runs: part.runs.map(toWireRun),
      };
    case 'attachment':
      return {
        type: 'attachment',
        index: part.index ?? undefined,
        attachment_id: fileId(part.guid),
        guid: part.guid,
        is_emoji: part.isEmoji,
        transcription: part.transcription ?? undefined,
      };
    case 'app':
      return { type: 'app', index: part.index ?? undefined };
    case 'heading':
      return { type: 'heading', index: part.index ?? undefined, text: part.text };
    case 'unsent':
      return { type: 'unsent', index: part.index };
    default:
      return part satisfies never;
  }
}

function toWireRun(run: TextRun): WireRun {
  return {
    start: run.start,
    length: run.length,
    styles: run.styles.slice(),
    effect: run.effect ?? undefined,
    mention: run.mention ?? undefined,
    link: run.link ?? undefined,
    one_time_code: run.oneTimeCode ?? undefined,
    detected:
      run.detected === null ? undefined : { type: run.detected.type, text: run.detected.text ?? undefined },
  };
}

export function toWirePartHistory(history: PartHistory): WirePartHistory {
  return {
    part: history.part,
    revisions: history.revisions.map((revision) => ({
      at: revision.at,
      text: revision.text ?? undefined,
    })),
  };
}

export function toWireTranslation(translation: Translation): WireTranslation {
  return {
    part: translation.part,
    text: translation.text,
    language: translation.language ?? undefined,
    source_language: translation.sourceLanguage ?? undefined,
  };
}
