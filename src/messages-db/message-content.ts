import type { Attachment, BodyStatus } from '../domain/index.ts';
import { attachmentType } from './attachment-type.ts';
import { decodeBody } from './decode-body.ts';
import type { AttachmentRow, MessageRow } from './message-rows.ts';
import { blobOf, flagOf, integerOf, textOf, type SqlValue } from './sql-value.ts';

/** What a message says: its text and the files that came with it. */
export interface MessageContent {
  readonly text: string | null;
  readonly bodyStatus: BodyStatus;
  readonly attachments: readonly Attachment[];
  /** No text, no body and no attachment: nothing has arrived, or nothing ever will. */
  readonly isNothing: boolean;
}

/** Stands in the text where an attachment is. */
const PLACEHOLDER = '\uFFFC';
/** Files that belong to a link preview or an app's balloon, not to the conversation. */
const PLUGIN_PAYLOAD = '.pluginPayloadAttachment';

/** Reads text, body and attachments. The column `text` is believed; the body is decoded where it is empty. */
export function messageContent(row: MessageRow, attached: readonly AttachmentRow[]): MessageContent {
  const body = readBody(row, attached.length > 0);
  const hasAttachments =
    attached.length > 0 || body.attachmentGuids.length > 0 || flagOf(row.cache_has_attachments);
  const text = hasAttachments ? (body.text?.replaceAll(PLACEHOLDER, '') ?? null) : body.text;
  const isEmpty = text === null || text === '';
  return {
    text: isEmpty ? null : text,
    bodyStatus: body.status,
    attachments: readAttachments(attached, body.attachmentGuids),
    isNothing: isEmpty && !hasAttachments && body.status !== 'undecodable',
  };
}

interface Body {
  readonly status: BodyStatus;
  readonly text: string | null;
  readonly attachmentGuids: readonly string[];
}

function readBody(row: MessageRow, hasRows: boolean): Body {
  const text = textOf(row.text);
  const blob = blobOf(row.attributedBody);
  const fromColumn: Body = { status: 'text', text, attachmentGuids: [] };
  // With a placeholder but no attachment yet, only the body tells whether one is on its way.
  if (blob === null || (text !== null && (hasRows || !text.includes(PLACEHOLDER)))) {
    return text === null ? { status: 'none', text: null, attachmentGuids: [] } : fromColumn;
  }
  const decoded = decodeBody(blob);
  if (text !== null) {
    return decoded.outcome === 'failed'
      ? fromColumn
      : { ...fromColumn, attachmentGuids: decoded.attachmentGuids };
  }
  return decoded.outcome === 'failed'
    ? { status: 'undecodable', text: null, attachmentGuids: [] }
    : { status: decoded.outcome, text: decoded.text, attachmentGuids: decoded.attachmentGuids };
}

/** In the order of the body's placeholders, where it tells; else as they were written. */
function readAttachments(rows: readonly AttachmentRow[], order: readonly string[]): readonly Attachment[] {
  const attachments = rows
    .filter((row) => !isPluginPayload(row.filename) && !isPluginPayload(row.transfer_name))
    .map((row) => readAttachment(row));
  const position = new Map(order.map((guid, index) => [guid, index]));
  const at = (attachment: Attachment) => position.get(attachment.guid) ?? order.length;
  return position.size < 2 ? attachments : attachments.sort((a, b) => at(a) - at(b));
}

function isPluginPayload(name: SqlValue): boolean {
  return textOf(name)?.endsWith(PLUGIN_PAYLOAD) === true;
}

function readAttachment(row: AttachmentRow): Attachment {
  const filename = textOf(row.transfer_name) ?? textOf(row.filename)?.split('/').at(-1) ?? null;
  return {
    guid: textOf(row.guid) ?? '',
    filename,
    mimeType: textOf(row.mime_type) ?? (filename === null ? null : attachmentType(filename)),
    size: Math.max(0, integerOf(row.total_bytes)),
    transferState: integerOf(row.transfer_state),
    isSticker: flagOf(row.is_sticker),
  };
}
