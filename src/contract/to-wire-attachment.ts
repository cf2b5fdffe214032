import type { Attachment } from '../domain/index.ts';
import type { WireAttachment } from './attachment.ts';
import { fileId } from './ids.ts';

export function toWireAttachment(attachment: Attachment): WireAttachment {
  return {
    id: fileId(attachment.guid),
    guid: attachment.guid,
    filename: attachment.filename ?? undefined,
    mime_type: attachment.mimeType ?? undefined,
    size: attachment.size,
    transfer_state: attachment.transferState,
    is_sticker: attachment.isSticker,
  };
}
