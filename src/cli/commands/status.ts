import type { Command } from 'commander';
import { z } from 'zod';
import {
  captureSchema,
  healthSchema,
  lineSchema,
  type WireCapture,
  type WireHealth,
} from '../../contract/index.ts';
import type { Job } from '../../host/index.ts';
import { readInstalled } from '../../installation/index.ts';
import { agentOf, describeJob } from '../agent.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { ago, dateAndTime, duration } from '../moments.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

export function addStatus(program: Command, act: Act): void {
  program
    .command('status')
    .description('how the daemon is, and what to do about each warning')
    .addHelpText('after', '\nEnds with 0 if it is healthy, 1 if not, 6 if it is not reachable.')
    .action(act(status));
}

async function status(session: Session): Promise<ExitCode> {
  const api = connectApi(session, 'optional');
  const job = await installedJob(session);
  let answer;
  try {
    answer = await api.get({ path: '/health', answer: healthSchema, alsoGood: [503] });
  } catch (error) {
    throw job !== null && error instanceof CliError && error.code === 'daemon_unreachable'
      ? withJob(error, job)
      : error;
  }
  const { raw, data } = answer;
  if (session.format === 'json') {
    session.printJson(job === null ? raw : { ...Object(raw), agent: job });
  } else {
    session.print(describe(data, api.url, job, session));
  }
  return data.status === 'healthy' ? EXIT.ok : EXIT.failure;
}

/** What launchd says of the agent; `null` where nothing is installed, or a daemon elsewhere is asked. */
async function installedJob(session: Session): Promise<Job | null> {
  if ((session.environment['BLUELINE_URL'] ?? '') !== '') {
    return null;
  }
  try {
    const agent = agentOf(session);
    return readInstalled(agent.layout).plist === null ? null : await agent.job();
  } catch {
    // A configuration that is wrong by now keeps nobody from asking the daemon that runs.
    return null;
  }
}

function withJob(error: CliError, job: Job): CliError {
  return new CliError(
    error.exit,
    error.code,
    `${error.message} launchd says of the agent: ${describeJob(job)}.`,
    '`blueline restart` starts it, `blueline logs --crash` shows what it printed, `blueline doctor` what is wrong.',
  );
}

function describe(health: WireHealth, url: string, job: Job | null, session: Session): string {
  const { bold, dim, green, red, yellow } = session.colors;
  const isHealthy = health.status === 'healthy';
  const agent = job === null ? [] : [['agent', describeJob(job)] as const];
  const facts = [...factsOf(health), ...agent].map(
    ([name, value]) => `  ${dim(name.padEnd(11))}${visible(value)}`,
  );
  const warnings = health.warnings.map(({ code, severity, text, action }) => {
    const paint = severity === 'unhealthy' ? red : yellow;
    return `  ${paint(`! ${visible(code)}`)}  ${visible(text)}\n    → ${visible(action)}`;
  });
  const head = `${isHealthy ? green('●') : red('●')} ${bold(isHealthy ? green('healthy') : red('unhealthy'))}`;
  const about = `${visible(health.bridgeId)} at ${url}, version ${visible(health.version)}, up ${duration(health.uptime * 1000)}`;
  return [`${head}  ${about}`, '', ...facts, ...(warnings.length === 0 ? [] : ['', ...warnings])].join('\n');
}

function factsOf(health: WireHealth): readonly (readonly [name: string, value: string])[] {
  // The daemon's own clock: it may be another machine's.
  const now = health.checked_at;
  const sentAt = health.lastMessageSentAt;
  const waiting = health.oldestDueMs === undefined ? '' : `, the oldest for ${duration(health.oldestDueMs)}`;
  const capture = captureSchema.safeParse(health.capture);
  const lines = z.array(lineSchema).safeParse(health.lines);
  return [
    ['Messages', health.messagesAppRunning ? 'running' : 'not running'],
    ['last sent', sentAt === undefined ? 'never' : `${ago(now - sentAt)} (${dateAndTime(sentAt)})`],
    ['pending', `${health.pendingCommands}${waiting}`],
    ...(capture.success ? [['capture', captureText(capture.data)] as const] : []),
    ...(lines.success ? [['line', lineText(lines.data)] as const] : []),
    ...(health.last_sequence === undefined ? [] : [['events', `up to #${health.last_sequence}`] as const]),
  ];
}

function captureText(capture: WireCapture): string {
  const parts = [
    `${capture.state}${capture.code === null ? '' : ` (${capture.code})`}`,
    `mode ${capture.mode}`,
    `row ${capture.cursor ?? '–'}`,
    `lag ${capture.lag_ms} ms`,
  ];
  return [...parts, ...(capture.pending_rows > 0 ? [`${capture.pending_rows} rows incomplete`] : [])].join(
    ', ',
  );
}

function lineText(lines: readonly z.infer<typeof lineSchema>[]): string {
  const [active, ...others] = lines.toSorted((a, b) => Number(b.is_active) - Number(a.is_active));
  if (active === undefined) {
    return 'none known yet; the first message shows it';
  }
  const also =
    others.length === 0 ? '' : `; also receives at ${others.map((line) => line.handle).join(', ')}`;
  return `${active.handle}${active.is_active ? '' : ' (not sendable)'}${also}`;
}
