import type { Command } from 'commander';
import { AGENT_LABEL } from '../../host/index.ts';
import { agentSteps, readInstalled, runSteps } from '../../installation/index.ts';
import { agentOf } from '../agent.ts';
import { awaitEnd, awaitHealth } from '../await-agent.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

const COMES_UP_SECONDS = 60;

export function addRestart(program: Command, act: Act): void {
  program
    .command('restart')
    .description('stop the installed agent and start it again, as a new permission asks for')
    .action(act(restart));
}

async function restart(session: Session): Promise<ExitCode> {
  const agent = agentOf(session);
  const { host, layout, uid } = agent;
  const { version, plist } = readInstalled(layout);
  if (version === null || plist === null) {
    throw new CliError(EXIT.failure, 'not_installed', 'Nothing is installed.', 'Run `blueline install`.');
  }
  const job = await agent.job();
  const notPid = job.state === 'loaded' ? job.pid : null;
  const steps =
    job.state === 'loaded'
      ? [
          {
            do: 'run',
            tool: 'launchctl',
            command: [host.path('launchctl'), 'kickstart', '-k', `gui/${uid}/${AGENT_LABEL}`],
            mayFail: false,
          } as const,
        ]
      : agentSteps(agent).start;
  await runSteps([...steps, { do: 'await_health', version, seconds: COMES_UP_SECONDS }], {
    host,
    onStep: () => undefined,
    awaitEnd: (seconds) => awaitEnd(session, agent, seconds),
    awaitHealth: (wanted, seconds) => awaitHealth(session, agent, wanted, { seconds, before: null, notPid }),
  });
  const now = await agent.job();
  if (session.format === 'json') {
    session.printJson({ restarted: version, agent: now });
  } else {
    session.print(`Blueline ${version} runs again.`);
  }
  return EXIT.ok;
}
