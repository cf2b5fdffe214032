import { z } from 'zod';
import { commandId, instant, rowId, sequence, type CommandId, type Sequence } from '../domain/index.ts';
import { HttpError } from './errors.ts';
import type { ChatCursor, MessageCursor } from './ports.ts';

const chatCursor = z.tuple([z.literal('c'), z.int(), z.int()]);
const messageCursor = z.tuple([z.literal('m'), z.string().regex(/^-?\d{1,19}$/u), z.int()]);
const outboxCursor = z.tuple([z.literal('o'), z.string().regex(/^obx_[0-9A-Za-z]{1,64}$/u)]);
const webhookCursor = z.tuple([z.literal('w'), z.string().regex(/^whk_[0-9A-Za-z]{1,64}$/u)]);
const deliveryCursor = z.tuple([z.literal('d'), z.int()]);

/** Cursors are opaque to clients: base64url of a small JSON array that begins with its kind. */
function encode(value: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown = null;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    // Not one of ours: the schema refuses null.
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new HttpError('invalid_parameter_value', {
      param: 'cursor',
      message: '`cursor` must be a next_cursor of the same list.',
    });
  }
  return parsed.data;
}

export function encodeChatCursor(cursor: ChatCursor): string {
  return encode(['c', cursor.at, cursor.rowId]);
}

export function decodeChatCursor(text: string | undefined): ChatCursor | null {
  if (text === undefined) {
    return null;
  }
  const [, at, row] = decode(chatCursor, text);
  return { at: instant(at), rowId: row };
}

export function encodeMessageCursor(cursor: MessageCursor): string {
  return encode(['m', cursor.date, cursor.rowId]);
}

export function decodeMessageCursor(text: string | undefined): MessageCursor | null {
  if (text === undefined) {
    return null;
  }
  const [, date, row] = decode(messageCursor, text);
  return { date, rowId: rowId(row) };
}

export function encodeOutboxCursor(id: CommandId): string {
  return encode(['o', id]);
}

export function decodeOutboxCursor(text: string | undefined): CommandId | null {
  return text === undefined ? null : commandId(decode(outboxCursor, text)[1]);
}

export function encodeWebhookCursor(id: string): string {
  return encode(['w', id]);
}

export function decodeWebhookCursor(text: string | undefined): string | null {
  return text === undefined ? null : decode(webhookCursor, text)[1];
}

export function encodeDeliveryCursor(at: Sequence): string {
  return encode(['d', at]);
}

export function decodeDeliveryCursor(text: string | undefined): Sequence | null {
  return text === undefined ? null : sequence(decode(deliveryCursor, text)[1]);
}
