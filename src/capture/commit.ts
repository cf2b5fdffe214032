import {
  instant,
  type BridgeEvent,
  type Instant,
  type Message,
  type Origin,
  type RowId,
} from '../domain/index.ts';
import type { Append, Journal } from '../events/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { CaptureStore } from './capture-store.ts';
import { eventsOfChange, eventsOfDeletedRow, eventsOfNewRow } from './derive-events.ts';
import type { Batch } from './protocol.ts';
import { rowStateOf } from './row-state.ts';

/** What other parts learn of rows of our side, inside the transaction that journals them. */
export interface OwnRows {
  /** Says whose row it is; `events` follow those of the row itself. */
  observe(message: Message): { readonly origin: Origin; readonly events: readonly BridgeEvent[] };
  /** Another database has taken the place of this one: ROWIDs name other rows, and those up to `present` are history. */
  forgetRows(present: RowId): void;
}

export interface CommitDeps {
  readonly journal: Journal;
  readonly captureStore: CaptureStore;
  readonly ownRows: OwnRows;
  readonly clock: Clock;
}

/**
 * Turns one batch into events: appended, with the cursor and what was told of each row, in one transaction. A crash
 * before its end re-reads the batch, one after it has nothing to repeat.
 */
export function commitBatch(batch: Batch, deps: CommitDeps): void {
  const { journal, captureStore } = deps;
  journal.write((append) => {
    if (batch.kind === 'gap' || batch.kind === 'anchor') {
      captureStore.deleteAllRows();
      deps.ownRows.forgetRows(batch.cursor.rowId);
    }
    if (batch.gapReason !== null) {
      append({ type: 'bridge.gap', reason: batch.gapReason, lastRowId: batch.cursor.rowId });
    }
    for (const chat of batch.chats) {
      append({ type: 'chat.created', chat });
    }
    // What changed is older than what is new: a contact's read receipt comes before the answer that follows it.
    for (const message of batch.changedRows) {
      commitChange(message, deps, append);
    }
    for (const id of batch.deletedRows) {
      const row = captureStore.row(id);
      if (row !== null) {
        appendAll(eventsOfDeletedRow(row.state, row.guid, id), append);
        captureStore.deleteRow(id);
      }
    }
    const waitedSince = new Map(captureStore.pending().map((row) => [row.rowId, row.since]));
    for (const message of batch.newRows) {
      commitNew(message, waitedSince, deps, append);
    }
    captureStore.savePending(batch.pending);
    captureStore.saveCursor(batch.cursor);
  });
}

function commitNew(
  message: Message,
  waitedSince: ReadonlyMap<RowId, Instant>,
  deps: CommitDeps,
  append: Append,
): void {
  if (deps.captureStore.row(message.rowId)?.guid === message.guid) {
    commitChange(message, deps, append);
    return;
  }
  const own = message.isFromMe ? deps.ownRows.observe(message) : null;
  const now = deps.clock.now();
  // A clock set back must not make a row late that waited for a second.
  const seenAt = instant(Math.min(waitedSince.get(message.rowId) ?? now, now));
  appendAll(eventsOfNewRow(message, own?.origin ?? null, seenAt), append);
  appendAll(own?.events ?? [], append);
  deps.captureStore.saveToldRow(message.rowId, message.guid, rowStateOf(message), now);
}

function commitChange(message: Message, deps: CommitDeps, append: Append): void {
  const previous = deps.captureStore.row(message.rowId);
  // A row of the time before the first start: what it says now is what later changes are measured against.
  if (previous !== null) {
    const own = message.isFromMe ? deps.ownRows.observe(message) : null;
    appendAll(eventsOfChange(previous.state, message, own?.origin ?? null), append);
    appendAll(own?.events ?? [], append);
  }
  deps.captureStore.saveRow(message.rowId, message.guid, rowStateOf(message));
}

function appendAll(events: readonly BridgeEvent[], append: Append): void {
  for (const event of events) {
    append(event);
  }
}
