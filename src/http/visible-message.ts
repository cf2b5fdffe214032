import { z } from 'zod';
import { HttpError } from './errors.ts';
import { maySee } from './line-access.ts';
import type { Grant, KnownMessage, MessagesPort } from './ports.ts';

/** How a request names a message. */
export const messageReference = z
  .string()
  .min(1)
  .max(256)
  .meta({ description: 'A message, by its `msg_…` id or by the guid of chat.db.' });

/**
 * The message that a request names. To a key that may not see its line, it is as if it were not there.
 * @throws HttpError `message_not_found`.
 */
export async function findMessage(
  reference: string,
  grant: Grant,
  messages: MessagesPort,
  param: string,
): Promise<KnownMessage> {
  const found = await messages.message(reference);
  if (found === null || !maySee(grant, found.message.line)) {
    throw new HttpError('message_not_found', { param });
  }
  return found;
}
