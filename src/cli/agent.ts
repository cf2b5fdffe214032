import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { dataFolder, loadConfig } from '../config/index.ts';
import { AGENT_LABEL, createHost, readJob, type Host, type Job } from '../host/index.ts';
import { layoutOf, type Layout } from '../installation/index.ts';
import type { Session } from './session.ts';

/** The LaunchAgent of this user, whether it is installed or not. */
export interface Agent {
  readonly host: Host;
  readonly layout: Layout;
  readonly uid: number;
  /** What launchd knows of it; asks each time. */
  job(): Promise<Job>;
}

/** @throws BluelineError `config_invalid`: the agent would not start with it either. */
export function agentOf({ environment }: Session): Agent {
  const { config } = loadConfig(environment);
  const host = createHost({ tools: config.macTools, platform: process.platform, environment });
  const uid = process.getuid?.() ?? 0;
  const given = environment['HOME'] ?? '';
  return {
    host,
    layout: layoutOf(given === '' ? homedir() : given, resolve(dataFolder(environment))),
    uid,
    job: () => readJob(host, `gui/${uid}/${AGENT_LABEL}`),
  };
}

/** How the agent is, in one line for a person. */
export function describeJob(job: Job): string {
  switch (job.state) {
    case 'loaded': {
      const pid = job.pid === null ? '' : `, process ${job.pid}`;
      const runs = job.runs === null ? '' : `, started ${job.runs} times`;
      const exit = job.lastExit === null ? '' : `, last exit ${job.lastExit}`;
      return `${job.status}${pid}${runs}${exit}`;
    }
    case 'not_loaded':
      return 'not loaded';
    case 'no_session':
      return 'the user has no graphical session';
    case 'unknown':
      return `unknown (${job.why})`;
    default:
      return job satisfies never;
  }
}
