import type { Config } from './config/index.ts';
import type { Guard } from './deliverability/index.ts';
import type { Instant } from './domain/index.ts';
import { createHost, type Host } from './host/index.ts';
import { createHardRelaunch, createKeeper, type Keeper } from './keeper/index.ts';
import { createLookout, type Lookout } from './lookout/index.ts';
import { createMessagesApp, type AppMonitor, type MessagesApp } from './messages-app/index.ts';
import type { Outbox } from './outbox/index.ts';
import { logSpace, type Clock, type Logger } from './runtime/index.ts';
import { checkStore, type Store } from './store/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly logFolder?: string | null;
  readonly clock: Clock;
  readonly host: Host;
  readonly app: MessagesApp;
  readonly monitor: AppMonitor;
  readonly lastSentAt: () => Instant | null;
  readonly store: Store;
  readonly guard: Guard;
  readonly outbox: Outbox;
}

interface Upkeep {
  readonly keeper: Keeper;
  readonly lookout: Lookout;
  start(): void;
  stop(): Promise<void>;
}

/** This Mac's tools, and a Messages that can be relaunched even where it does not answer. */
export function createKeptApp(parts: {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): { readonly host: Host; readonly app: MessagesApp } {
  const { clock, config, environment, log } = parts;
  const app = createMessagesApp({
    osascript: config.messages.osascript,
    platform: process.platform,
    clock,
    log,
    sendTimeoutMs: config.messages.sendTimeoutMs,
    environment,
  });
  const host = createHost({ tools: config.macTools, platform: process.platform, environment });
  const relaunch = createHardRelaunch({
    relaunch: (signal) => app.relaunch(signal),
    host,
    uid: uid(),
    clock,
  });
  return { host, app: { ...app, relaunch } };
}

/** The half of the composition root that is about this Mac: what is looked at on it, and what is kept as it should be. */
export function createBridgeUpkeep(parts: Parts): Upkeep {
  const { config, log, clock, host, store, guard, outbox } = parts;
  const lookout = createLookout({
    host,
    clock,
    log: log.child({ room: 'lookout' }),
    uid: uid(),
    node: process.execPath,
    logFolder: parts.logFolder ?? null,
    logBytes: logSpace(config.logFiles),
    checkStore: async () => {
      const found = await checkStore(store.db.name);
      if (found !== 'ok') {
        store.suspect();
      }
      return found;
    },
    readTraffic: () => guard.traffic(),
    isBusy: () => outbox.isBusy(),
  });
  const keeper = createKeeper({
    ...parts,
    settings: config.keeper,
    // Who plays Messages with a stand-in alone, on a Mac of his own, has his own Messages left alone.
    isKept: host.isMac && (config.macTools !== null || config.messages.osascript === null),
    log: log.child({ room: 'keeper' }),
    pid: process.pid,
    isPausedByHand: () => outbox.isPausedByHand(),
    isBusy: () => outbox.isBusy(),
    wakeLane: () => outbox.wake(),
  });
  return {
    keeper,
    lookout,
    start: () => {
      lookout.start();
      keeper.start();
    },
    stop: async () => {
      await Promise.all([lookout.stop(), keeper.stop()]);
    },
  };
}

function uid(): number {
  return process.getuid?.() ?? 0;
}
