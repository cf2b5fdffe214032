import {
  createControllerLink,
  type ControllerLink,
  type LinkStatus,
} from '../../src/controller-link/index.ts';
import { healthSchema, toWireLimits, toWireUsage } from '../../src/contract/index.ts';
import { createGuard, resolveLimits } from '../../src/deliverability/index.ts';
import { handle, rowId } from '../../src/domain/index.ts';
import { createContactCards } from '../../src/contact-cards/index.ts';
import {
  createJournal,
  createStreamServer,
  createSubscribers,
  type Journal,
} from '../../src/events/index.ts';
import {
  CONTROLLER_GRANT,
  createHttp,
  createKeys,
  journalPort,
  streamPort,
  type Http,
  type Keys,
} from '../../src/http/index.ts';
import { fakeOperations } from '../../src/http/test-operations.ts';
import { webhooksOver } from '../../src/http/test-webhooks.ts';
import { createStockActions } from '../../src/messages-app/index.ts';
import { createSandbox, lineLink } from '../../src/onboarding/index.ts';
import { createLineControl, createOutbox, type Outbox } from '../../src/outbox/index.ts';
import { createLogger, type Clock } from '../../src/runtime/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { KIM } from './message.ts';

const LINE = handle('+15559990000');

/** What of a daemon programs follow and command, on a clock of the test's: store, journal, outbox, door, link. */
export interface LinkedBridge {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly store: Store;
  readonly keys: Keys;
  /** It listens when it is told to. */
  readonly http: Pick<Http, 'listen'>;
  link(): LinkStatus;
  /**
   * Ends it as SIGKILL would: nothing is written any more, and no goodbye gets past the network. Resolves when its sockets
   * are gone, which takes time of the clock.
   */
  kill(): Promise<unknown>;
}

export function bootBridge(options: {
  readonly folder: string;
  readonly clock: Clock;
  /** Of its controller; `null` where it has none. */
  readonly url: string | null;
  readonly tokenFile: string;
  /** A script was run: the text leaves for its contact. */
  readonly onSent: (text: string) => void;
  /** The line was paused or resumed, for this reason. */
  readonly onOrder: (reason: string | null) => void;
}): LinkedBridge {
  const { folder, clock } = options;
  const store = openStore(folder);
  const log = createLogger('silent');
  const journal: Journal = createJournal({
    store,
    clock,
    bridgeId: 'mini-1',
    epoch: 'e1',
    projections: [(event, append) => guard.project(event, append)],
  });
  const limits = resolveLimits('off', {});
  const guard = createGuard({
    store,
    clock,
    log,
    limits: () => limits,
    write: (work) => journal.write(work),
    line: () => LINE,
    lineTimeZone: 'UTC',
    zones: () => [],
    history: {
      lastRowId: () => rowId(0),
      firstRowSince: () => null,
      rows: () => ({ messages: [], next: null }),
    },
  });
  while (guard.seedStep()) {
    // There is no history.
  }
  const script = (_target: unknown, text: string) => {
    options.onSent(text);
    return Promise.resolve({ outcome: 'accepted' } as const);
  };
  const outbox = createOutbox({
    isHung: () => false,
    store,
    journal,
    clock,
    log,
    guard,
    recipients: () => [],
    app: {
      sendText: script,
      sendFile: script,
      poke: () => Promise.resolve(true),
      relaunch: () => Promise.resolve(true),
      isStuck: () => false,
      probe: () => Promise.resolve({ state: 'running', accounts: [] }),
    },
    monitor: {
      status: () => ({ state: 'running', accounts: [] }),
      whileSending: (work) => work(),
      checkNow: () => Promise.resolve(),
    },
    timing: { proofWindowMs: 1_000, followUpMs: 10_000, fileFollowUpMs: 10_000, fallbackMs: 60_000 },
    // No row comes to prove anything here: that is no reason to stop.
    breaker: { unknowns: 0, failures: 0, pauseMs: 600_000 },
    memory: { get: () => null, set: () => undefined },
    staging: {
      stage: () => Promise.reject(new Error('there are no files here')),
      release: () => Promise.resolve(),
    },
    watermark: () => rowId(1),
    route: () => ({
      target: { form: 'participant', handle: handle(KIM), service: 'iMessage' },
      service: 'iMessage',
      isKnown: false,
      retry: null,
    }),
    hasService: () => true,
    readRow: () => null,
    canProve: () => true,
    isReply: () => false,
  });
  const control = createLineControl(guard, outbox, clock);
  const subscribers = createSubscribers(store, clock);
  const streams = createStreamServer({
    journal,
    subscribers,
    clock,
    log,
    bridgeId: 'mini-1',
    healthStatus: () => 'healthy',
  });
  const snapshot = () => ({
    bridgeId: 'mini-1',
    status: 'healthy' as const,
    messagesAppRunning: true,
    pendingCommands: outbox.stats().pending,
    uptime: 1,
    warnings: [],
    version: '1',
    checked_at: clock.now(),
  });
  const keys = createKeys(store, clock);
  const http = createHttp({
    config: { host: '127.0.0.1', port: 0, tls: null, allowPlain: false, hostNames: [], requestsPerHour: 0 },
    keys,
    journal: journalPort(journal),
    stream: streamPort(streams),
    health: { status: 'healthy', snapshot, details: () => ({}) },
    contactCards: createContactCards({ store, clock }),
    links: { link: lineLink },
    metrics: { render: () => Promise.resolve({ contentType: 'text/plain', text: '' }) },
    operations: fakeOperations(clock),
    webhooks: webhooksOver({ store, clock, log, journal }),
    outbox,
    actions: createStockActions(() => ({ state: 'running', accounts: [] })),
    messages: {
      lines: () => [{ handle: LINE, isActive: true, service: 'imessage', lastUsedAt: null }],
      chat: () => null,
      chatKeyById: () => null,
      chats: () => ({ items: [] }),
      messages: () => Promise.resolve({ items: [], stoppedAt: null }),
      message: () => Promise.resolve(null),
      reactions: () => [],
      file: () => Promise.resolve(null),
    },
    uploads: {
      maxBytes: 0,
      receive: () => Promise.resolve({ outcome: 'refused', reason: 'no_room' }),
      find: () => null,
      open: () => Promise.resolve(null),
      toVoice: (upload) => Promise.resolve(upload),
    },
    sandbox: createSandbox({ store, clock }),
    clock,
    log,
    guard: {
      ...guard,
      preset: 'off',
      requestsPerHour: limits.requestsPerHour,
      line: () => ({ ...guard.line(), usage: guard.usage() }),
      limits: () => toWireLimits(limits),
      lower: () => ({ outcome: 'lowered' }),
      restore: () => undefined,
      order: (act, reason) => {
        options.onOrder(reason);
        control.order(act, reason);
      },
    },
  });
  const link: ControllerLink = createControllerLink({
    config: options.url === null ? null : { url: options.url, tokenFile: options.tokenFile, caFile: null },
    journal,
    subscribers,
    clock,
    log,
    bridge: {
      id: 'mini-1',
      version: '1',
      startedAt: clock.now(),
      lines: () => [],
      limits: () => toWireLimits(limits),
    },
    report: () => ({
      health: healthSchema.parse(snapshot()),
      usage: toWireUsage(guard.usage(), LINE, 'off'),
    }),
    reportMark: () => '',
    healthStatus: () => 'healthy',
    execute: (frame) => http.commands.execute(() => CONTROLLER_GRANT, frame),
  });
  outbox.start();
  link.start();
  return {
    journal,
    outbox,
    store,
    keys,
    http,
    link: () => link.status(),
    kill: () => {
      store.close();
      return Promise.allSettled([outbox.stop(), guard.stop(), link.stop(), http.close(), streams.stop()]);
    },
  };
}
