import type { Attachment, BodyStatus, Part, TextRun } from '../domain/index.ts';
import { isPluginPayload, notedTranscription, toAttachment } from './attachment.ts';
import type { AttachmentRow } from './attachment-rows.ts';
import type { BodyDecoder } from './body-decoder.ts';
import { bodyParts, textOfParts } from './body-parts.ts';
import { ATTACHMENT_MARK } from './body-text.ts';
import type { BodyRun } from './decode-body.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { blobOf, flagOf, textOf } from './sql-value.ts';

/** What a message says: its text piece by piece and the files that came with it. */
export interface MessageContent {
  readonly text: string | null;
  readonly bodyStatus: BodyStatus;
  readonly parts: readonly Part[];
  readonly attachments: readonly Attachment[];
  /** Of a voice message, from its body or from its file. */
  readonly transcription: string | null;
  /** No text, no body and no attachment: nothing has arrived, or nothing ever will. */
  readonly isNothing: boolean;
}

export interface ContentReader {
  readonly bodies: BodyDecoder;
  readonly messagesFolder: string;
}

const NO_PARTS: readonly Part[] = [];
const NO_RUNS: readonly TextRun[] = [];
const NO_ATTACHMENTS: readonly Attachment[] = [];

/**
 * Reads text, body and attachments. The column `text` is believed; the body is decoded all the same, because it alone
 * tells of parts, formatting and the places of attachments.
 */
export function messageContent(
  row: MessageRow,
  attached: readonly AttachmentRow[],
  reader: ContentReader,
): MessageContent {
  const column = textOf(row[AT.text]);
  const blob = blobOf(row[AT.attributedBody]);
  const plain = blob === null ? null : reader.bodies.plain(blob);
  if (plain === null || attached.length > 0 || plain.text === '' || isMarked(plain.text)) {
    return fullContent(row, { column, blob, attached }, reader);
  }
  return {
    text: column ?? plain.text,
    bodyStatus: column === null ? 'decoded' : 'text',
    parts: [{ type: 'text', index: plain.part, text: plain.text, runs: NO_RUNS }],
    attachments: NO_ATTACHMENTS,
    transcription: null,
    isNothing: false,
  };
}

/** U+FFFC or U+FFFD: what it stands for depends on the row. */
function isMarked(text: string): boolean {
  return text.includes(ATTACHMENT_MARK) || text.includes('\uFFFD');
}

function fullContent(
  row: MessageRow,
  source: {
    readonly column: string | null;
    readonly blob: Buffer | null;
    readonly attached: readonly AttachmentRow[];
  },
  reader: ContentReader,
): MessageContent {
  const { column, attached } = source;
  const body = readBody(row, source.blob, reader);
  const hasFiles = attached.length > 0 || body.hasAttachments || flagOf(row[AT.cache_has_attachments]);
  const text = textOfContent(column, body, hasFiles);
  const status = column === null ? body.status : 'text';
  const parts = body.parts ?? partsOfText(body.salvaged ?? column, hasFiles);
  const isEmpty = text === null || text === '';
  return {
    text: isEmpty ? null : text,
    bodyStatus: status,
    parts,
    attachments: readAttachments(attached, parts, reader.messagesFolder),
    transcription: body.transcription ?? firstTranscription(row, attached),
    isNothing: isEmpty && !hasFiles && status !== 'undecodable' && parts.length === 0,
  };
}

interface Body {
  readonly status: BodyStatus;
  /** The whole text, placeholders included; `null` unless the stream was decoded. */
  readonly whole: string | null;
  readonly salvaged: string | null;
  /** `null` unless the stream was decoded. */
  readonly parts: readonly Part[] | null;
  readonly hasAttachments: boolean;
  readonly transcription: string | null;
}

const NO_BODY: Body = {
  status: 'none',
  whole: null,
  salvaged: null,
  parts: null,
  hasAttachments: false,
  transcription: null,
};

function readBody(row: MessageRow, blob: Buffer | null, reader: ContentReader): Body {
  if (blob === null) {
    return NO_BODY;
  }
  const decoded = reader.bodies.decode(blob);
  switch (decoded.outcome) {
    case 'failed':
      return { ...NO_BODY, status: 'undecodable' };
    case 'salvaged':
      return { ...NO_BODY, status: 'salvaged', salvaged: decoded.text };
    case 'decoded':
      return {
        status: 'decoded',
        whole: decoded.text,
        salvaged: null,
        parts: bodyParts(decoded.text, decoded.runs, textOf(row[AT.balloon_bundle_id]) !== null),
        hasAttachments: decoded.runs.some((run) => run.attributes.attachmentGuid !== null),
        transcription: transcriptionOf(decoded.runs),
      };
    default:
      return decoded satisfies never;
  }
}

function transcriptionOf(runs: readonly BodyRun[]): string | null {
  for (const run of runs) {
    if (run.attributes.transcription !== null) {
      return run.attributes.transcription;
    }
  }
  return null;
}

function textOfContent(column: string | null, body: Body, hasFiles: boolean): string | null {
  // The body's own parts tell a placeholder from a letter; where they do not fit the column, the column is right.
  if (body.parts !== null && (column === null || column === body.whole)) {
    return textOfParts(body.parts);
  }
  const text = column ?? body.salvaged;
  return hasFiles ? (text?.replaceAll(ATTACHMENT_MARK, '') ?? null) : text;
}

/** A text without a body that numbers its parts. */
function partsOfText(text: string | null, hasFiles: boolean): readonly Part[] {
  const letters = hasFiles ? (text?.replaceAll(ATTACHMENT_MARK, '') ?? '') : (text ?? '');
  return letters === '' ? NO_PARTS : [{ type: 'text', index: null, text: letters, runs: NO_RUNS }];
}

function firstTranscription(row: MessageRow, attached: readonly AttachmentRow[]): string | null {
  if (flagOf(row[AT.is_audio_message])) {
    for (const one of attached) {
      const noted = notedTranscription(one);
      if (noted !== null) {
        return noted;
      }
    }
  }
  return null;
}

/** In the order of the body's placeholders, where it tells; else as they were written. */
function readAttachments(
  rows: readonly AttachmentRow[],
  parts: readonly Part[],
  messagesFolder: string,
): readonly Attachment[] {
  if (rows.length === 0) {
    return NO_ATTACHMENTS;
  }
  const attachments = rows
    .filter((row) => !isPluginPayload(row))
    .map((row) => toAttachment(row, messagesFolder));
  if (attachments.length < 2) {
    return attachments;
  }
  const position = new Map<string, number>();
  for (const [index, part] of parts.entries()) {
    if (part.type === 'attachment') {
      position.set(part.guid, index);
    }
  }
  const at = (attachment: Attachment) => position.get(attachment.guid) ?? parts.length;
  return attachments.sort((a, b) => at(a) - at(b));
}
