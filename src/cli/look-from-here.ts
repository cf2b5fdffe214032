import { dataFolder, loadConfig } from '../config/index.ts';
import type { WireDiagnosis } from '../contract/index.ts';
import { createDoctor } from '../doctor/index.ts';
import { AGENT_LABEL } from '../host/index.ts';
import { createMessagesApp } from '../messages-app/index.ts';
import { createMessagesSource } from '../messages-db/index.ts';
import { createLogger, logSpace } from '../runtime/index.ts';
import { agentOf } from './agent.ts';
import type { Session } from './session.ts';

/** The doctor's findings from within this command: what the daemon would find, but with this process's permissions. */
export async function lookFromHere(session: Session): Promise<WireDiagnosis> {
  const { environment, clock } = session;
  const { config } = loadConfig(environment);
  const { host, layout, uid } = agentOf(session);
  const source = createMessagesSource(config.messages.db);
  const app = createMessagesApp({
    osascript: config.messages.osascript,
    platform: process.platform,
    clock,
    log: createLogger('silent'),
    environment,
  });
  let asked: ReturnType<typeof app.probe> | null = null;
  const doctor = createDoctor({
    asked: 'command',
    host,
    clock,
    uid,
    label: AGENT_LABEL,
    node: process.execPath,
    dataFolder: dataFolder(environment),
    logFolder: layout.logs,
    logBytes: logSpace(config.logFiles),
    database: config.messages.db,
    read: (query) => source.use(query),
    // Two findings come of one question.
    app: () => (asked ??= app.probe(session.io.signal)),
    warnings: () => [],
  });
  try {
    return { asked: 'command', checked_at: clock.now(), checks: [...(await doctor.look())] };
  } finally {
    source.close();
  }
}
