import type { Handle, Message } from '../../domain/index.ts';
import { escapeHtml } from './escape.ts';

/** The stylesheet has as many colours for names. */
const COLOURS = 8;

/** Who wrote it, as HTML that nothing in the name can break out of, its direction included. */
export function nameOf(handle: Handle | null): string {
  return handle === null ? 'Someone' : `<bdi>${escapeHtml(handle)}</bdi>`;
}

export function writerOf(message: Pick<Message, 'isFromMe' | 'sender'>): string {
  return message.isFromMe ? 'You' : nameOf(message.sender);
}

/** The same colour for the same person on every page. */
export function colourOf(handle: Handle | null): number {
  let sum = 0;
  for (const unit of handle ?? '') {
    sum = (sum * 31 + (unit.codePointAt(0) ?? 0)) % 65_521;
  }
  return sum % COLOURS;
}
