import type { Config } from './config/index.ts';
import type { Guard } from './deliverability/index.ts';
import { instant, type Instant } from './domain/index.ts';
import { createHost, type Host } from './host/index.ts';
import { createLookout, type Lookout } from './lookout/index.ts';
import type { Outbox } from './outbox/index.ts';
import type { Clock, Logger } from './runtime/index.ts';
import { checkStore, type createMeta, type Store } from './store/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly logFolder?: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly store: Store;
  readonly meta: ReturnType<typeof createMeta>;
  readonly guard: Guard;
  readonly outbox: Outbox;
}

interface Upkeep {
  readonly host: Host;
  readonly lookout: Lookout;
  /** When the store was put back to an earlier state. */
  readonly restoredAt: Instant | null;
  start(): void;
  stop(): Promise<void>;
}

/** The half of the composition root that is about this Mac: what is looked at on it. */
export function createBridgeUpkeep(parts: Parts): Upkeep {
  const { config, log, clock, store, meta, guard, outbox } = parts;
  const host = createHost({
    tools: config.macTools,
    platform: process.platform,
    environment: parts.environment,
  });
  const lookout = createLookout({
    host,
    clock,
    log: log.child({ room: 'lookout' }),
    uid: process.getuid?.() ?? 0,
    node: process.execPath,
    logFolder: parts.logFolder ?? null,
    logBytes: config.logFiles.bytes * (config.logFiles.keep + 1),
    checkStore: async () => {
      const found = await checkStore(store.db.name);
      if (found !== 'ok') {
        store.suspect();
      }
      return found;
    },
    readTraffic: () => guard.traffic(),
    isBusy: () => outbox.isSending(),
  });
  const restoredAt = meta.get('restored_at');
  return {
    host,
    lookout,
    restoredAt: restoredAt === null ? null : instant(Number(restoredAt)),
    start: () => lookout.start(),
    stop: () => lookout.stop(),
  };
}
