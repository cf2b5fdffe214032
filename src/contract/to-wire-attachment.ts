import type { Attachment } from '../domain/index.ts';
import type { WireAttachment } from './attachment.ts';
import { fileId } from './ids.ts';

/** `transcription` is what is said in a voice message; it stands in the body, not in the attachment's row. */
export function toWireAttachment(attachment: Attachment, transcription: string | null): WireAttachment {
  const id = fileId(attachment.guid);
  return {
    id,
    guid: attachment.guid,
    filename: attachment.filename ?? undefined,
    mime_type: attachment.mimeType ?? undefined,
    uti: attachment.uti ?? undefined,
    size: attachment.size,
    transfer_state: attachment.transferState,
    ready: attachment.isReady,
    url: attachment.isReady ? `/v1/files/${id}` : undefined,
    is_outgoing: attachment.isOutgoing,
    is_sticker: attachment.isSticker,
    sticker_kind: attachment.stickerKind ?? undefined,
    description: attachment.description ?? undefined,
    width: attachment.width ?? undefined,
    height: attachment.height ?? undefined,
    transcription: transcription ?? undefined,
    created_at: attachment.createdAt ?? undefined,
  };
}
