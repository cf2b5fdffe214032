import type { Config } from './config/index.ts';
import { createDoctor } from './doctor/index.ts';
import type { Health } from './health/index.ts';
import { AGENT_LABEL, type Host } from './host/index.ts';
import type { OperationsPort } from './http/index.ts';
import type { Lookout } from './lookout/index.ts';
import type { AppMonitor } from './messages-app/index.ts';
import type { MessagesSource } from './messages-db/index.ts';
import { createLogSettings, logSpace, type Clock, type LeveledLogger, type Logger } from './runtime/index.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly logLevels?: Omit<LeveledLogger, 'log'>;
  readonly logFolder?: string | null;
  readonly host: Host;
  readonly lookout: Lookout;
  readonly clock: Clock;
  readonly monitor: AppMonitor;
  readonly source: MessagesSource;
  readonly health: Health;
  readonly forget: OperationsPort['forget'];
}

/** Of a log that was handed in as it is. */
const UNCHANGING: Omit<LeveledLogger, 'log'> = { level: () => 'info', setLevel: () => undefined };

/** The half of the composition root that is about the operator: the doctor as the agent sees things, and the log. */
export function createBridgeOperations(parts: Parts): OperationsPort {
  const { config, clock, host, log, lookout, monitor, source, health } = parts;
  const doctor = createDoctor({
    asked: 'agent',
    host,
    clock,
    uid: process.getuid?.() ?? 0,
    label: AGENT_LABEL,
    node: process.execPath,
    dataFolder: config.folder,
    logFolder: parts.logFolder ?? null,
    logBytes: logSpace(config.logFiles),
    database: config.messages.db,
    read: (query) => source.use(query),
    // From memory, once there is an answer to remember: no probe goes out during a send.
    app: async () => {
      if (monitor.status().checkedAt === null) {
        await monitor.checkNow();
      }
      return monitor.status();
    },
    warnings: () => health.snapshot().warnings,
  });
  return {
    forget: parts.forget,
    diagnose: async () => {
      // What a person has just cured is to be seen as cured.
      await lookout.lookNow();
      health.refresh();
      const checks = await doctor.look();
      return { asked: 'agent', checked_at: clock.now(), checks: [...checks] };
    },
    ...createLogSettings(clock, { log, ...(parts.logLevels ?? UNCHANGING) }),
  };
}
