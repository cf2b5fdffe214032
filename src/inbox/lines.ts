import type { Handle, Instant } from '../domain/index.ts';
import type { MessagesSource } from '../messages-db/index.ts';

/** One of the account's own addresses, and whether AppleScript sends from it (exactly one per Mac user does). */
export interface OwnLine {
  readonly handle: Handle;
  readonly isActive: boolean;
  readonly service: 'imessage';
  readonly lastUsedAt: Instant | null;
}

export interface Lines {
  all(): readonly OwnLine[];
  /** The one that sends, or `null` while nothing tells which that is. */
  sendable(): Handle | null;
  /** An own address was seen on a row: keeps the list in step without asking the database again. */
  note(handle: Handle, at: Instant): void;
}

/**
 * The own addresses. Finding them is a scan of all own rows (chat.db has no index for it), so it is done once per
 * database file; what comes later is noted from the rows that capture sees.
 */
export function createLines(source: MessagesSource, certainLine: () => Handle | null): Lines {
  let known: { readonly fileId: string; readonly uses: Map<Handle, Instant | null> } | null = null;

  const uses = (): Map<Handle, Instant | null> =>
    source.use((db) => {
      // Where nothing tells any yet, the next message may: a line that was only written to is named by its chats.
      if (known?.fileId !== db.fileId || known.uses.size === 0) {
        known = { fileId: db.fileId, uses: new Map(db.lines().map((use) => [use.handle, use.lastUsedAt])) };
      }
      return known.uses;
    });

  const sendable = (): Handle | null => {
    const certain = certainLine();
    if (certain !== null) {
      return certain;
    }
    const [first] = [...uses()].toSorted(([, a], [, b]) => (b ?? 0) - (a ?? 0));
    return first?.[0] ?? null;
  };

  return {
    sendable,
    all: () => {
      const active = sendable();
      const listed = new Map(uses());
      if (active !== null && !listed.has(active)) {
        listed.set(active, null);
      }
      return [...listed]
        .toSorted(([, a], [, b]) => (b ?? 0) - (a ?? 0))
        .map(([handle, lastUsedAt]) => ({
          handle,
          isActive: handle === active,
          service: 'imessage',
          lastUsedAt,
        }));
    },
    note: (handle, at) => {
      const before = known?.uses.get(handle) ?? null;
      known?.uses.set(handle, before === null || before < at ? at : before);
    },
  };
}
