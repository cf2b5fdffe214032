import { join } from 'node:path';
import { commitBatch } from '../../src/capture/commit.ts';
import { createCaptureStore } from '../../src/capture/index.ts';
import type { Cursor } from '../../src/capture/protocol.ts';
import { createGuard, loadTimeZones, type Guard, type Limits } from '../../src/deliverability/index.ts';
import { chatKey, handle, instant, rowId, type Command, type CommandId } from '../../src/domain/index.ts';
import { createJournal } from '../../src/events/index.ts';
import { chooseRoute, createInbox } from '../../src/inbox/index.ts';
import { createMessagesSource } from '../../src/messages-db/index.ts';
import { createOutbox } from '../../src/outbox/index.ts';
import { createLogger } from '../../src/runtime/index.ts';
import { openStore } from '../../src/store/index.ts';
import type { PlayClock } from './limits-clock.ts';
import { LINE, type LimitsMac } from './limits-mac.ts';

/** Rows that one look reads. */
const LOOK_ROWS = 1_000;
/** Longer windows than the guard's longest begin among so many of the newest rows. */
const RECENT_ROWS = 1_000_000;

const TIMING = { proofWindowMs: 8_000, followUpMs: 900_000, fileFollowUpMs: 1_800_000, fallbackMs: 60_000 };

export interface Wish {
  readonly to: string;
  readonly text: string;
  readonly file?: string;
  readonly onLimit: 'reject' | 'queue';
  readonly hasOptIn: boolean;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** The parts of the daemon that decide and send, joined as the bridge joins them. */
export interface LimitsDaemon {
  /** The id of the accepted command; the refusing rule's code otherwise. */
  ask(wish: Wish, serial: number): Promise<{ readonly id: CommandId } | { readonly refused: string }>;
  command(id: CommandId): Command | null;
  /** The rule that the guard named when it was last asked about a command, if one was against it. */
  heldBy(id: CommandId): string | null;
  /** Reads what is new in chat.db, as capture does after each commit. */
  look(): void;
  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void>;
  /** When time alone changes something next: a queued command asks for the next look of the lane. */
  nextWake(): { readonly at: number; readonly isQueued: boolean };
  /** How often something has been asked, told or sent: stands still while nothing happens. */
  activity(): number;
  stop(): Promise<void>;
}

const zones = loadTimeZones();

/** @throws whatever the store throws if it cannot be opened */
export async function startDaemon(options: {
  readonly folder: string;
  readonly mac: LimitsMac;
  readonly clock: PlayClock;
  readonly limits: Limits;
}): Promise<LimitsDaemon> {
  const { mac, clock, limits } = options;
  const log = createLogger('silent');
  const store = openStore(join(options.folder, 'home'));
  // Nothing is lost here but by a crash of the machine.
  store.db.pragma('synchronous = OFF');
  const source = createMessagesSource(mac.database, { cacheKib: 4_096 });
  const captureStore = createCaptureStore(store);
  let activity = 0;
  const heldBy = new Map<string, string | null>();

  const journal = createJournal({
    store,
    clock,
    bridgeId: 'prover',
    epoch: 'e',
    projections: [(event, append) => guard.project(event, append)],
  });
  journal.onAppend(() => {
    activity += 1;
  });
  const guard: Guard = createGuard({
    store,
    clock,
    log,
    limits: () => limits,
    write: (work) => journal.write(work),
    line: () => handle(LINE),
    lineTimeZone: null,
    zones,
    history: {
      lastRowId: () => source.use((db) => db.lastRowId()),
      firstRowSince: (since) => source.use((db) => db.firstRowSince(since, RECENT_ROWS)),
      rows: (after, limit) => source.use((db) => db.exportRows({ after, limit })),
    },
  });
  const asked: Guard = {
    ...guard,
    judge: (send, at, stage) => {
      activity += 1;
      const verdict = guard.judge(send, at, stage);
      heldBy.set(send.id, verdict.kind === 'allow' ? null : verdict.rule);
      return verdict;
    },
  };
  const inbox = createInbox({
    source,
    databasePath: mac.database,
    store,
    log,
    sendableLine: () => handle(LINE),
    originOf: (guid) => outbox.originOf(guid),
    syncedAt: (id, guid) => captureStore.toldAt(id, guid),
  });
  const outbox = createOutbox({
    isHung: () => false,
    store,
    guard: asked,
    journal,
    clock,
    log,
    app: mac.app(),
    monitor: {
      status: () => mac.status(),
      whileSending: (work) => work(),
      checkNow: () => Promise.resolve(),
    },
    timing: TIMING,
    breaker: { unknowns: 3, failures: 5, pauseMs: 600_000 },
    memory: { get: () => null, set: () => undefined },
    staging: {
      stage: (id) => Promise.resolve({ path: `/staged/${id}`, name: id, size: 3 }),
      release: () => Promise.resolve(),
    },
    watermark: () => source.use((db) => db.lastRowId()),
    recipients: (target) => (target.to === 'handle' ? [target.handle] : []),
    route: (target, service) =>
      source.use((db) => {
        const status = mac.status();
        return chooseRoute(db, target, service, status.state === 'running' ? status.accounts : []);
      }),
    hasService: (service) => service === 'iMessage',
    readRow: (guid) => source.use((db) => db.messageByGuid(guid)),
    canProve: () => true,
    isReply: (target) =>
      inbox.isReply(target.to === 'chat' ? target.chat : chatKey('direct', target.handle), clock.now()),
  });

  const look = (): void => {
    const cursor = captureStore.cursor() ?? present();
    for (;;) {
      const from = captureStore.cursor() ?? cursor;
      const rows = source.use((db) => db.readAfter(from.rowId, LOOK_ROWS)).map(({ message }) => message);
      const last = rows.at(-1);
      if (last === undefined) {
        return;
      }
      commitBatch(batchOf(rows, { ...from, rowId: last.rowId, rowGuid: last.guid }), [], {
        journal,
        captureStore,
        ownRows: outbox,
        clock,
        startedAt: clock.now(),
      });
      outbox.wake();
    }
  };
  /** The first start: what is there is history. */
  const present = (): Cursor => {
    const cursor = { ...ANCHOR, rowId: source.use((db) => db.lastRowId()) };
    store.transaction(() => captureStore.saveCursor(cursor));
    return cursor;
  };
  const batchOf = (newRows: Parameters<typeof commitBatch>[0]['newRows'], cursor: Cursor) =>
    ({
      id: 0,
      kind: 'live',
      gapReason: null,
      cursor,
      pending: [],
      chats: [],
      newRows,
      changedRows: [],
      deletedRows: [],
      knownRows: [],
      datedSince: [],
      prints: [],
      guids: [],
      lookedAt: clock.now(),
    }) as const;

  const wakeAt = store.db
    .prepare<[], number | null>('SELECT MIN(wake_at) FROM commands WHERE is_open = 1')
    .pluck();
  const queued = store.db
    .prepare<[], number>(`SELECT 1 FROM commands WHERE is_open = 1 AND state = 'queued' LIMIT 1`)
    .pluck();

  const settle = async (): Promise<void> => {
    for (let calm = 0; calm < 3; calm += 1) {
      const before = activity;
      await new Promise((resolve) => setImmediate(resolve));
      calm = activity === before ? calm : -1;
    }
  };

  if (captureStore.cursor() === null) {
    present();
  }
  while (guard.seedStep()) {
    // Slice by slice, as the background does.
  }
  look();
  guard.start();
  outbox.start();
  await settle();

  return {
    ask: async (wish, serial) => {
      const result = await outbox.accept({
        keyId: 'prover',
        idempotencyKey: `wish ${serial}`,
        requestHash: String(serial),
        target: { to: 'handle', handle: handle(wish.to) },
        text: wish.text === '' ? null : wish.text,
        files: wish.file === undefined ? [] : [wish.file],
        line: null,
        service: 'auto',
        fallback: null,
        notBefore: null,
        afterReply: false,
        expiresAt: instant(wish.expiresAt),
        metadata: null,
        optIn: wish.hasOptIn ? { source: 'form', at: clock.now() } : null,
        onLimit: wish.onLimit,
      });
      activity += 1;
      switch (result.outcome) {
        case 'accepted':
        case 'replayed':
          return { id: result.command.id };
        case 'refused':
          return { refused: result.refusal.code };
        case 'conflict':
          throw new Error('every wish has a name of its own');
        default:
          return result satisfies never;
      }
    },
    command: (id) => outbox.get(id),
    heldBy: (id) => heldBy.get(id) ?? null,
    look,
    settle,
    nextWake: () => ({
      at: wakeAt.get() ?? Number.POSITIVE_INFINITY,
      isQueued: queued.get() !== undefined,
    }),
    activity: () => activity,
    stop: async () => {
      await outbox.stop();
      await guard.stop();
      source.close();
      store.close();
    },
  };
}

const ANCHOR: Cursor = {
  rowId: rowId(0),
  rowGuid: null,
  toldUpTo: instant(0),
  chatRowId: 0,
  chatJoin: 0,
  attachmentJoin: 0,
  historyFiles: 0,
  databaseId: null,
};
