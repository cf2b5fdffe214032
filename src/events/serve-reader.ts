import { API_VERSION } from '../contract/index.ts';
import type { Sequence } from '../domain/index.ts';
import { errorCode, superviseLoop, type Clock, type Logger } from '../runtime/index.ts';
import type { Journal } from './journal.ts';
import type { JournalPump } from './journal-pump.ts';
import { startPosition, type StartPosition } from './start-position.ts';
import type { Subscribers } from './subscribers.ts';

/** What every stream is served from. */
export interface StreamContext {
  readonly journal: Journal;
  readonly subscribers: Subscribers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bridgeId: string;
  readonly healthStatus: () => 'healthy' | 'unhealthy';
}

/** A reader hears from us so often, so that it, and any proxy between, can tell a quiet line from a dead one. */
export const HEARTBEAT_MS = 15_000;

/** What a reader is told first, and where it goes on. */
export function opening(
  { journal, bridgeId }: Pick<StreamContext, 'journal' | 'bridgeId'>,
  asked: { readonly after: Sequence | null; readonly epoch: string | null; readonly cursor: Sequence | null },
) {
  const { epoch } = journal;
  const head = journal.head();
  const oldest = journal.oldest();
  const hello = {
    bridge_id: bridgeId,
    epoch,
    head_sequence: head,
    oldest_sequence: oldest,
    versions: [API_VERSION],
  };
  const start: StartPosition = startPosition(asked, { epoch, head, oldest });
  return { hello, start };
}

/** The frame that says that we are still there, and how we are. */
export function heartbeat({
  journal,
  healthStatus,
  clock,
}: Pick<StreamContext, 'journal' | 'healthStatus' | 'clock'>) {
  return {
    type: 'heartbeat',
    head_sequence: journal.head(),
    status: healthStatus(),
    at: clock.now(),
  } as const;
}

/** Serves one reader, over whatever connection, until that ends. Never rejects. */
export async function serveReader(
  { journal, clock, log }: Pick<StreamContext, 'journal' | 'clock' | 'log'>,
  reader: {
    readonly name: string;
    readonly pump: JournalPump;
    /** Aborted when the connection is over. */
    readonly signal: AbortSignal;
    /** Says hello, and tells the pump where to begin. */
    begin(): void;
    heartbeat(): void;
    /** The store cannot be read or written just now: the reader is let go, comes back, and has lost nothing. */
    giveUp(): void;
  },
): Promise<void> {
  const { pump } = reader;
  const unlisten = journal.onAppend(() => pump.wake());
  const heartbeat = clock.every(HEARTBEAT_MS, () => reader.heartbeat());
  try {
    reader.begin();
  } catch (error) {
    log.warn({ code: errorCode(error) }, 'A reader could not be served, because the store failed');
    reader.giveUp();
  }
  await superviseLoop({
    name: reader.name,
    clock,
    log,
    signal: reader.signal,
    body: (signal) => pump.turn(signal),
    // What could not be read now is tried again, not only when the next event comes.
    onFailure: () => pump.wake(),
  });
  heartbeat.cancel();
  unlisten();
}
