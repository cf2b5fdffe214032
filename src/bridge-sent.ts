import { canonicalHandle, type Handle, type Instant, type Message } from './domain/index.ts';
import type { Inbox } from './inbox/index.ts';
import type { MessagesSource } from './messages-db/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr } from './runtime/index.ts';
import type { Meta } from './store/index.ts';

/** What the rows of our side tell of the line: when it last sent, and from which address. */
interface SentNotes {
  /** When a message of the line last left the Mac, whoever sent it. */
  readonly lastSentAt: () => Instant | null;
  /** The address that AppleScript last sent from; `null` before it has. */
  readonly usedLine: () => Handle | null;
  /** Notes one row, inside the transaction that journals it, and says whose it is. */
  readonly observe: (
    message: Message,
    rooms: { readonly outbox: Outbox; readonly lines: Inbox['lines'] },
  ) => ReturnType<Outbox['observe']>;
}

export function createSentNotes({
  source,
  meta,
}: {
  readonly source: MessagesSource;
  readonly meta: Meta;
}): SentNotes {
  const stored = meta.get('sendable_line');
  let usedLine = stored === null ? null : canonicalHandle(stored);
  let lastSentAt = readOr(null, () => source.use((db) => db.lastSentAt()));
  return {
    lastSentAt: () => lastSentAt,
    usedLine: () => usedLine,
    observe: (message, { outbox, lines }) => {
      const { delivery } = message;
      if (delivery.isSent && delivery.error === 0 && message.sentAt > (lastSentAt ?? 0)) {
        lastSentAt = message.sentAt;
      }
      const observed = outbox.observe(message);
      if (message.line !== null) {
        lines.note(message.line, message.sentAt);
        // What AppleScript sent from is the sendable line, whatever a person uses on the phone.
        if (observed.origin.by === 'bridge') {
          usedLine = message.line;
          meta.set('sendable_line', usedLine);
        }
      }
      return observed;
    },
  };
}
