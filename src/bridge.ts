import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createBridgeCards } from './bridge-cards.ts';
import { createErasure } from './bridge-erasure.ts';
import { createBridgeHealth } from './bridge-health.ts';
import { createBridgeLink } from './bridge-link.ts';
import { createBridgeMetrics } from './bridge-metrics.ts';
import { createBridgeOperations } from './bridge-operations.ts';
import { createSentNotes } from './bridge-sent.ts';
import { openBridgeStore } from './bridge-store.ts';
import { createBridgeUpkeep, createKeptApp } from './bridge-upkeep.ts';
import { createCapture, createCaptureStore } from './capture/index.ts';
import type { Config } from './config/index.ts';
import { toWireLimits } from './contract/index.ts';
import { chatKey, commandId, isFinal, type ServiceChoice, type Target } from './domain/index.ts';
import { createGuard, createLowering, loadTimeZones, resolveLimits } from './deliverability/index.ts';
import { createJournal, createStreamServer, createSubscribers, keepPruning } from './events/index.ts';
import type { Health } from './health/index.ts';
import { createHttp, createKeys, journalPort, streamPort, type Keys } from './http/index.ts';
import { chooseRoute, createInbox, type Inbox } from './inbox/index.ts';
import { accountsOf, createAppMonitor, createStockActions, hasAccount } from './messages-app/index.ts';
import { createMessagesSource } from './messages-db/index.ts';
import { lineLink } from './onboarding/index.ts';
import { createLineControl, createOutbox } from './outbox/index.ts';
import {
  Disposal,
  errorCode,
  readOr,
  Retried,
  systemClock,
  type Clock,
  type LeveledLogger,
  type Logger,
} from './runtime/index.ts';
import { keepCheckpointed, lockInstance } from './store/index.ts';
import { createUploads } from './uploads/index.ts';
import { createWebhooks } from './webhooks/index.ts';

/** The longest windows of the guard are looked for among so many of the newest messages. */
const RECENT_ROWS = 1_000_000;
/** Pages of chat.db kept in memory; SQLite's own measure would be four times as much. */
const CACHE_KIB = 4_096;

export interface BridgeOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
  /** Changes what the log tells; nothing does if not given. */
  readonly logLevels?: Omit<LeveledLogger, 'log'>;
  /** Where the log's files are; `null` where it goes elsewhere. */
  readonly logFolder?: string | null;
  /** The machine's own, shifted as configured, if not given. */
  readonly clock?: Clock;
  /** What stand-ins for `osascript` and for macOS's tools are given as their environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Bridge {
  readonly bridgeId: string;
  readonly keys: Keys;
  readonly health: Health;
  /** Begins to read, send and listen. Resolves with the address once requests are taken. */
  start(): Promise<{ readonly url: string }>;
  /** Ends everything, in reverse order. Twice is harmless. */
  stop(): Promise<void>;
}

/**
 * The one place where the parts are built and joined. Opens the data folder (and holds it); begins nothing before
 * `start`.
 * @throws BluelineError `already_running`, `store_unusable`, `store_damaged`, `store_too_new`
 */
export function createBridge(options: BridgeOptions): Bridge {
  const { config, log, version } = options;
  const clock = options.clock ?? systemClock(config.clockOffsetMs);
  const startedAt = clock.now();
  const disposal = new Disposal();

  disposal.add('instance lock', lockInstance(config.folder));
  const storage = openBridgeStore(config.folder, clock, log);
  const { store, meta } = storage;
  disposal.add('store', () => store.close());
  const bridgeId = config.bridgeId ?? meta.ensure('bridge_id', () => `br_${randomBytes(8).toString('hex')}`);
  const epoch = meta.ensure('epoch', () => randomBytes(8).toString('hex'));
  const journal = createJournal({
    store,
    clock,
    bridgeId,
    epoch,
    projections: [
      // What the disk would not take comes again.
      (event) => store.afterCommit(() => metrics.note(event)),
      (event, append) => guard.project(event, append),
      (event) => sandbox.project(event),
      (event) => autoCard.project(event),
    ],
    onFlushFailure: (error) =>
      log.error(
        { code: errorCode(error) },
        'The disk would not take the store; events wait, and it is tried again',
      ),
  });
  const keys = createKeys(store, clock);
  const source = createMessagesSource(config.messages.db, { cacheKib: CACHE_KIB });
  disposal.add('chat.db', () => source.close());

  const sent = createSentNotes({ source, meta });
  const captureStore = createCaptureStore(store);
  const { app, host } = createKeptApp({ ...options, clock });
  const monitor = createAppMonitor({
    app,
    osascript: config.messages.osascript,
    clock,
    log,
    onChange: () => {
      outbox.wake();
      noteReach();
    },
  });
  const actions = createStockActions(() => monitor.status());
  const inbox: Inbox = createInbox({
    source,
    databasePath: config.messages.db,
    store,
    log: log.child({ room: 'inbox' }),
    sendableLine: () => config.sendableLine ?? sent.usedLine(),
    originOf: (guid) => outbox.originOf(guid),
    syncedAt: (rowId, guid) => captureStore.toldAt(rowId, guid),
  });
  const uploads = createUploads({
    ...config.files,
    store,
    clock,
    log: log.child({ room: 'uploads' }),
    folder: join(config.folder, 'uploads'),
    messagesFolder: dirname(config.messages.db),
    isOpen: (id) => {
      const command = outbox.get(commandId(id));
      return command !== null && !isFinal(command);
    },
  });

  const kept = (key: string) => ({
    get: () => meta.get(key),
    set: (text: string) => meta.set(key, text),
  });
  const lowering = createLowering(
    resolveLimits(config.limits.preset, config.limits.rules),
    kept('lowered_limits'),
  );
  const metrics = createBridgeMetrics(() => ({ ...parts, store, health, link }));
  const guard = createGuard({
    store,
    clock,
    log: log.child({ room: 'deliverability' }),
    limits: () => lowering.limits(),
    write: (work) => journal.write(work),
    line: () => readOr(null, () => inbox.lines.sendable()),
    lineTimeZone: config.lineTimeZone,
    zones: loadTimeZones(),
    history: {
      lastRowId: () => source.use((db) => db.lastRowId()),
      firstRowSince: (since) => source.use((db) => db.firstRowSince(since, RECENT_ROWS)),
      rows: (after, limit) => source.use((db) => db.exportRows({ after, limit })),
    },
  });
  const route = (target: Target, service: ServiceChoice) =>
    source.use((db) => chooseRoute(db, target, service, accountsOf(monitor.status())));

  const outbox = createOutbox({
    store,
    guard: metrics.watch(guard),
    recipients: (target) =>
      target.to === 'handle'
        ? [target.handle]
        : readOr([], () => inbox.chat(target.chat)?.participants ?? []),
    journal,
    clock,
    log: log.child({ room: 'outbox' }),
    app,
    monitor,
    timing: config.messages,
    breaker: config.messages.breaker,
    memory: kept('lane_pause'),
    staging: uploads,
    watermark: () => source.use((db) => db.lastRowId()),
    route,
    hasService: (service) => {
      const status = monitor.status();
      return status.state === 'running' ? hasAccount(status.accounts, service) : null;
    },
    readRow: (guid) => source.use((db) => db.messageByGuid(guid)),
    canProve: () => capture.status().state === 'following',
    isHung: () => upkeep.keeper.isHung(),
    // Only how long it may wait depends on this: a database that cannot be read refuses nothing.
    isReply: (target) =>
      readOr(false, () =>
        inbox.isReply(target.to === 'chat' ? target.chat : chatKey('direct', target.handle), clock.now()),
      ),
  });

  const { contactCards, sandbox, autoCard } = createBridgeCards({
    store,
    clock,
    log,
    lineCard: config.lineCard,
    inbox,
    uploads,
    outbox,
  });

  const control = createLineControl(guard, outbox, clock);
  const noteReach = () => control.reached({ app: monitor.status().state, capture: capture.status().state });

  const capture = createCapture({
    path: config.messages.db,
    source,
    clock,
    mode: config.captureMode,
    startedAt,
    clockOffsetMs: config.clockOffsetMs,
    log: log.child({ room: 'capture' }),
    journal,
    captureStore,
    ownRows: {
      observe: (message) => sent.observe(message, { outbox, lines: inbox.lines }),
      received: (message) => outbox.received(message),
      forgetRows: () => outbox.forgetRows(),
    },
    onChange: () => {
      outbox.wake();
      noteReach();
      // That it follows is told at once; a process that is started again within moments is no news.
      if (capture.status().state === 'following') {
        health.refresh();
      }
    },
  });

  const webhooks = createWebhooks({
    store,
    journal,
    clock,
    log: log.child({ room: 'webhooks' }),
    bridgeId,
    version,
    config: config.webhooks,
  });

  const parts = {
    bridgeId,
    version,
    clock,
    log,
    startedAt,
    storage,
    monitor,
    capture,
    outbox,
    guard,
    uploads,
    webhooks,
    inbox,
    actions,
    journal,
    lastSentAt: sent.lastSentAt,
  };
  const upkeep = createBridgeUpkeep({ ...options, ...parts, host, app, store });
  const health = createBridgeHealth({
    ...parts,
    ...upkeep,
    sendingLine: () => ({ wanted: config.sendableLine, used: sent.usedLine() }),
    link: { status: () => link.status() },
  });
  const subscribers = createSubscribers(store, clock);
  const streams = createStreamServer({
    journal,
    subscribers,
    clock,
    log: log.child({ room: 'events' }),
    bridgeId,
    healthStatus: () => health.status,
  });
  const forget = createErasure(parts);
  const http = createHttp({
    config: { ...config.http, hostNames: [] },
    guard: {
      ...guard,
      ...lowering,
      preset: config.limits.preset,
      requestsPerHour: lowering.limits().requestsPerHour,
      limits: () => toWireLimits(guard.limits()),
      line: () => ({ ...guard.line(), usage: guard.usage() }),
      order: (act, reason) => {
        control.order(act, reason);
        health.refresh();
      },
    },
    clock,
    log: log.child({ room: 'http' }),
    keys,
    outbox,
    actions,
    journal: journalPort(journal),
    stream: streamPort(streams),
    health,
    messages: { ...inbox, lines: () => inbox.lines.all() },
    uploads,
    contactCards,
    sandbox,
    links: { link: lineLink },
    webhooks,
    metrics,
    operations: createBridgeOperations({
      ...options,
      ...upkeep,
      ...parts,
      host,
      source,
      health,
      forget,
    }),
  });
  const link = createBridgeLink({
    ...parts,
    config: config.controller,
    subscribers,
    health,
    commands: http.commands,
  });

  // The last added closes first: no new requests, then readers, then what sends and reads, then the files.
  const stopped = { health, upkeep, capture, monitor, uploads, guard, outbox, autoCard, webhooks, streams };
  for (const [name, part] of Object.entries(stopped)) {
    disposal.add(name, () => part.stop());
  }
  disposal.add('http', () => http.close());
  disposal.add('controller link', () => link.stop());

  return {
    bridgeId,
    keys,
    health,
    start: async () => {
      const pruning = keepPruning({ journal, retention: config.retention, clock, log });
      disposal.add('pruning', () => pruning.cancel());
      const copying = keepCheckpointed({ store, clock, log });
      disposal.add('copying', () => copying.cancel());
      // A full disk is told of over HTTP; a daemon that does not start tells nothing.
      new Retried(clock, () => journal.write((append) => append({ type: 'bridge.started', version }))).run();
      storage.settle({ journal, outbox, captureStore, source });
      await uploads.start();
      monitor.start();
      capture.start();
      guard.start();
      outbox.start();
      autoCard.start();
      webhooks.start();
      health.start();
      upkeep.start();
      const address = await http.listen();
      link.start();
      return address;
    },
    stop: () => disposal.close(),
  };
}
