import type { Config } from './config/index.ts';
import { createDoctor } from './doctor/index.ts';
import { instant, type Instant } from './domain/index.ts';
import type { Health } from './health/index.ts';
import { createHost } from './host/index.ts';
import type { OperationsPort } from './http/index.ts';
import { LABEL } from './installation/index.ts';
import type { AppMonitor } from './messages-app/index.ts';
import type { MessagesSource } from './messages-db/index.ts';
import type { Clock, LeveledLogger, Logger, Timer } from './runtime/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly logLevels?: Omit<LeveledLogger, 'log'>;
  readonly logFolder?: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly monitor: AppMonitor;
  readonly source: MessagesSource;
  readonly health: Health;
}

/** The half of the composition root that is about the operator: the doctor as the agent sees things, and the log. */
export function createBridgeOperations(parts: Parts): OperationsPort {
  const { config, clock, environment, monitor, source, health } = parts;
  const doctor = createDoctor({
    asked: 'agent',
    host: createHost({ tools: config.macTools, platform: process.platform, environment }),
    clock,
    uid: process.getuid?.() ?? 0,
    label: LABEL,
    node: process.execPath,
    dataFolder: config.folder,
    logFolder: parts.logFolder ?? null,
    logBytes: config.logFiles.bytes * (config.logFiles.keep + 1),
    database: config.messages.db,
    read: (query) => source.use(query),
    // From memory: no probe goes out during a send.
    app: () => Promise.resolve(monitor.status()),
    warnings: () => health.snapshot().warnings,
  });
  return {
    diagnose: async () => ({ asked: 'agent', checked_at: clock.now(), checks: [...(await doctor.look())] }),
    ...logSettings(parts),
  };
}

function logSettings({
  clock,
  log,
  logLevels,
}: Pick<Parts, 'clock' | 'log' | 'logLevels'>): Pick<OperationsPort, 'logSettings' | 'setLogLevel'> {
  const levels = logLevels ?? { level: () => 'info' as const, setLevel: () => undefined };
  const configured = levels.level();
  let timer: Timer | null = null;
  let until: Instant | null = null;
  const read = () => ({ level: levels.level(), until });
  const change = (level: typeof configured) => {
    timer?.cancel();
    timer = null;
    until = null;
    levels.setLevel(level);
    log.info({ level }, 'The level of the log changed');
  };
  return {
    logSettings: read,
    setLogLevel: (level, forMs) => {
      change(level);
      if (forMs !== null) {
        until = instant(clock.now() + forMs);
        timer = clock.after(forMs, () => change(configured));
      }
      return read();
    },
  };
}
