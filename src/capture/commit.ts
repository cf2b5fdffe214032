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
import { historyState } from './history-state.ts';
import type { Batch, ChangedRow, DeletedRow, PendingRow } from './protocol.ts';
import { rowStateOf } from './row-state.ts';

/** What other parts learn of rows, inside the transaction that journals them. `observe` is for those of our side. */
export interface OwnRows {
  /** Says whose row it is; `events` follow those of the row itself. */
  observe(message: Message): { readonly origin: Origin; readonly events: readonly BridgeEvent[] };
  /** A new row of a contact; the events that follow from it. */
  received(message: Message): readonly BridgeEvent[];
  /** Another database has taken the place of this one: ROWIDs name other rows. */
  forgetRows(): void;
}

export interface CommitDeps {
  readonly journal: Journal;
  readonly captureStore: CaptureStore;
  readonly ownRows: OwnRows;
  readonly clock: Clock;
  /** When this daemon began. */
  readonly startedAt: Instant;
}

/**
 * Turns one batch into events: appended, with the cursor and what was told of each row, in one transaction. A crash
 * before its end re-reads the batch, one after it has nothing to repeat. The disk has it soon, not at once: what a loss
 * of power takes back is read again from chat.db, which keeps its own commits no better.
 * @param waiting the pending rows as they are stored
 * @returns the same, as of now
 */
export function commitBatch(
  batch: Batch,
  waiting: readonly PendingRow[],
  deps: CommitDeps,
): readonly PendingRow[] {
  const { journal, captureStore } = deps;
  return journal.write((append) => {
    const pending = batch.kind === 'live' ? batch.pending : startOver(batch, deps, append);
    for (const chat of batch.chats) {
      append({ type: 'chat.created', chat });
    }
    // What changed is older than what is new: a contact's read receipt comes before the answer that follows it.
    for (const row of batch.changedRows) {
      commitChange(row, deps, append);
    }
    for (const row of batch.deletedRows) {
      commitDeletion(row, deps, append);
    }
    const waitedSince = new Map(waiting.map((row) => [row.rowId, row.since]));
    for (const message of batch.newRows) {
      commitNew(message, waitedSince, deps, append);
    }
    for (const message of batch.knownRows) {
      if (captureStore.row(message.rowId)?.guid !== message.guid) {
        captureStore.saveRow(message.rowId, message.guid, rowStateOf(message));
      }
    }
    captureStore.saveGuids(batch.guids);
    captureStore.savePrints(batch.prints);
    if (waiting.length > 0 || pending.length > 0) {
      captureStore.savePending(pending);
    }
    captureStore.saveCursor(batch.cursor);
    return pending;
  }, 'soon');
}

/** Another database, or the first start: nothing known holds. Rows that are news all the same wait to be told. */
function startOver(batch: Batch, deps: CommitDeps, append: Append): readonly PendingRow[] {
  const { captureStore } = deps;
  const last = captureStore.cursor();
  const known = captureStore.knownGuids(batch.datedSince.map((row) => row.guid));
  captureStore.forgetRows(batch.lookedAt);
  deps.ownRows.forgetRows();
  if (batch.gapReason === null) {
    return [];
  }
  append({
    type: 'bridge.gap',
    reason: batch.gapReason,
    lastRowId: batch.cursor.rowId,
    since: last?.toldUpTo ?? null,
  });
  return batch.datedSince
    .filter((row) => !known.has(row.guid))
    .map((row) => ({ rowId: row.rowId, since: batch.lookedAt }));
}

function commitNew(
  message: Message,
  waitedSince: ReadonlyMap<RowId, Instant>,
  deps: CommitDeps,
  append: Append,
): void {
  if (deps.captureStore.row(message.rowId)?.guid === message.guid) {
    commitChange({ message, before: null, arrivedFiles: [] }, deps, append);
    return;
  }
  const own = message.isFromMe ? deps.ownRows.observe(message) : null;
  const now = deps.clock.now();
  // A clock set back must not make a row late that waited for a second.
  const seenAt = instant(Math.min(waitedSince.get(message.rowId) ?? now, now));
  appendAll(eventsOfNewRow(message, own?.origin ?? null, seenAt), append);
  appendAll(own === null ? deps.ownRows.received(message) : own.events, append);
  deps.captureStore.saveToldRow(message.rowId, message.guid, rowStateOf(message), now);
}

function commitChange(row: ChangedRow, deps: CommitDeps, append: Append): void {
  const { message } = row;
  const stored = deps.captureStore.row(message.rowId);
  const previous = stored?.guid === message.guid ? stored.state : historyState(row, deps.startedAt);
  const own = message.isFromMe ? deps.ownRows.observe(message) : null;
  appendAll(eventsOfChange(previous, message, own?.origin ?? null), append);
  appendAll(own?.events ?? [], append);
  deps.captureStore.saveRow(message.rowId, message.guid, rowStateOf(message));
}

function commitDeletion({ rowId: id, wasPassing }: DeletedRow, deps: CommitDeps, append: Append): void {
  const { captureStore } = deps;
  const row = captureStore.row(id);
  const guid = row?.guid ?? (wasPassing ? null : captureStore.historyGuid(id));
  if (guid !== null) {
    appendAll(eventsOfDeletedRow(row?.state ?? null, guid, id), append);
  }
  captureStore.deleteRow(id);
}

function appendAll(events: readonly BridgeEvent[], append: Append): void {
  for (const event of events) {
    append(event);
  }
}
