/**
 * Says when each event stood in the journal. It reads the daemon's store as another process may: woken by the store's
 * own `-wal`, it looks without a pause for five milliseconds, longer than a flush takes. Between events it sleeps, so
 * that the daemon keeps both cores.
 */
import { serve, sharedMs } from './capture-child.ts';
import { follow } from './capture-follow.ts';
import { eventKey, followerRequestSchema, type Seen } from './capture-protocol.ts';

const SPIN_MS = 5;

const found: { readonly body: string; readonly at: number }[] = [];

function start(path: string): void {
  const db = follow(path, SPIN_MS, () => look());
  const page = db.prepare<[number], { sequence: number; body: string }>(
    'SELECT sequence, body FROM journal WHERE sequence > ? ORDER BY sequence',
  );
  let cursor = 0;
  const look = () => {
    const rows = page.all(cursor);
    const at = sharedMs();
    for (const { sequence, body } of rows) {
      cursor = sequence;
      found.push({ body, at });
    }
  };
}

serve(followerRequestSchema, (request) => {
  switch (request.kind) {
    case 'open':
      start(request.path);
      return null;
    case 'expect':
      return null;
    case 'collect':
      return found.splice(0).flatMap(({ body, at }): Seen[] => {
        const event: { type: string; data: { guid?: string } } = JSON.parse(body);
        return event.data.guid === undefined ? [] : [{ key: eventKey(event.type, event.data.guid), at }];
      });
    default:
      return request satisfies never;
  }
});
