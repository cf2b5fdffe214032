import { healthSchema } from '../contract/index.ts';
import { BluelineError, sleep, type Clock } from '../runtime/index.ts';
import { describeJob, type Agent } from './agent.ts';
import { readCliKey } from './cli-key.ts';
import { readDaemonFile } from './daemon-file.ts';

const LOOK_EVERY_MS = 250;
const ANSWER_MS = 2_000;
/** A version that answers for so long without a break has come up. */
const STAYS_MS = 3_000;
/** So many starts without coming up, and the next will not either. */
const HOPELESS_RUNS = 3;

/** What a daemon says of itself, as far as an installation has to know. */
export interface Wellness {
  readonly version: string;
  /** Codes of the warnings that make it unhealthy. */
  readonly unhealthy: readonly string[];
}

/** What a wait needs of a command line: the time, and to hear that it is over. */
interface Waiting {
  readonly clock: Clock;
  readonly io: { readonly signal: AbortSignal };
}

/** Since when one process has been answering. */
interface Spell {
  readonly at: number;
  readonly pid: number;
}

/** Asks the daemon of the data folder; `null` where none answers. */
export async function askWellness(agent: Agent): Promise<(Wellness & { readonly pid: number }) | null> {
  const daemon = readDaemonFile(agent.layout.data);
  if (daemon === null) {
    return null;
  }
  try {
    const key = readCliKey(agent.layout.data);
    const response = await fetch(`${daemon.url}/health`, {
      signal: AbortSignal.timeout(ANSWER_MS),
      // On loopback it needs none.
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
    });
    const { version, warnings } = healthSchema.parse(await response.json());
    const unhealthy = warnings.filter(({ severity }) => severity === 'unhealthy').map(({ code }) => code);
    return { pid: daemon.pid, version, unhealthy };
  } catch {
    return null;
  }
}

/**
 * Waits until launchd has let go of the agent and its process is gone.
 * @param foreignPid a daemon that is none of launchd's, and may stay.
 * @throws BluelineError `agent_does_not_end`
 */
export async function awaitEnd(
  session: Waiting,
  agent: Agent,
  seconds: number,
  foreignPid: number | null = null,
): Promise<void> {
  const { clock, io } = session;
  for (const until = clock.now() + seconds * 1000; ;) {
    const job = await agent.job();
    const pid = readDaemonFile(agent.layout.data)?.pid ?? null;
    if (job.state !== 'loaded' && (pid === null || pid === foreignPid)) {
      return;
    }
    if (clock.now() >= until || io.signal.aborted) {
      throw new BluelineError('agent_does_not_end', `The agent did not end within ${seconds} s.`, {
        advice: '`blueline status` shows its process; end it, then try again.',
      });
    }
    await sleep(clock, LOOK_EVERY_MS, io.signal);
  }
}

/**
 * Waits until the agent answers with this version, goes on doing so, and is no worse off than `before`.
 * @throws BluelineError `agent_not_up`, `agent_worse`
 */
export async function awaitHealth(
  session: Waiting,
  agent: Agent,
  version: string,
  options: {
    readonly seconds: number;
    readonly before: Wellness | null;
    /** The process that is on its way out: that it answers counts for nothing. */
    readonly notPid?: number | null;
  },
): Promise<void> {
  const { clock, io } = session;
  const { seconds, before } = options;
  const sinceOf = (last: Spell | null, pid: number): Spell =>
    last?.pid === pid ? last : { at: clock.now(), pid };
  let since: Spell | null = null;
  let worse: readonly string[] = [];
  for (const until = clock.now() + seconds * 1000; ;) {
    const job = await agent.job();
    const seen = await askWellness(agent);
    const isOurs =
      seen !== null &&
      job.state === 'loaded' &&
      job.pid === seen.pid &&
      seen.pid !== options.notPid &&
      seen.version === version;
    worse =
      isOurs && before !== null ? seen.unhealthy.filter((code) => !before.unhealthy.includes(code)) : [];
    const isWell = isOurs && worse.length === 0;
    since = isWell ? sinceOf(since, seen.pid) : null;
    if (since !== null && clock.now() - since.at >= STAYS_MS) {
      return;
    }
    const isHopeless = !isOurs && job.state === 'loaded' && (job.runs ?? 0) > HOPELESS_RUNS;
    if (isHopeless || clock.now() >= until || io.signal.aborted) {
      throw worse.length > 0 ? worseThanBefore(worse) : notUp(describeJob(job));
    }
    await sleep(clock, LOOK_EVERY_MS, io.signal);
  }
}

function notUp(job: string): BluelineError {
  return new BluelineError('agent_not_up', `The agent does not answer (launchd: ${job}).`, {
    advice: '`blueline logs --crash` shows what it printed, `blueline doctor` what is wrong.',
  });
}

function worseThanBefore(codes: readonly string[]): BluelineError {
  return new BluelineError('agent_worse', `It warns of what was well before: ${codes.join(', ')}.`);
}

/** The process of a daemon on the data folder that launchd has not started; `null` where there is none. */
export async function foreignDaemon(agent: Agent): Promise<number | null> {
  const daemon = readDaemonFile(agent.layout.data);
  const job = await agent.job();
  return daemon === null || (job.state === 'loaded' && job.pid === daemon.pid) ? null : daemon.pid;
}
