import { commandId, type Command } from '../domain/index.ts';
import { HttpError } from './errors.ts';
import { maySee } from './line-access.ts';
import type { Grant, OutboxPort } from './ports.ts';

/** @throws HttpError `outbox_item_not_found` */
export function findItem(id: string, grant: Grant, outbox: OutboxPort): Command {
  const command = outbox.get(commandId(id));
  // To a key that may not see its line, a command is as if it were not there.
  if (command === null || !maySee(grant, command.line)) {
    throw new HttpError('outbox_item_not_found', { param: 'id' });
  }
  return command;
}

/** @throws HttpError `outbox_item_not_found`, `outbox_item_not_cancelable` */
export function cancelItem(id: string, grant: Grant, outbox: OutboxPort): Command {
  const item = findItem(id, grant, outbox);
  // Canceled twice is canceled.
  const canceled = item.state.name === 'canceled' ? item : outbox.cancel(item.id);
  if (canceled === null) {
    throw new HttpError('outbox_item_not_cancelable', { param: 'id' });
  }
  return canceled;
}
