import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describeStep, planUninstall, runSteps, type Step } from '../../installation/index.ts';
import { agentOf } from '../agent.ts';
import { awaitEnd, awaitHealth, foreignDaemon } from '../await-agent.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly purge?: boolean;
}

export function addUninstall(program: Command, act: Act): void {
  program
    .command('uninstall')
    .description('stop the LaunchAgent and remove it and the program; the data and the logs stay')
    .option('--purge', 'remove the data as well: the journal, commands, keys, config.yaml, and the logs')
    .option('--dry-run', 'every file and every command; nothing is done')
    .action(act(uninstall));
}

async function uninstall(session: Session, { dryRun, purge }: Options): Promise<ExitCode> {
  const agent = agentOf(session);
  const { host, layout } = agent;
  if (purge === true && !isDataFolder(layout.data)) {
    throw new CliError(
      EXIT.usage,
      'no_data_folder',
      `${layout.data} does not look like Blueline's data folder, and is not removed.`,
      'BLUELINE_HOME names the folder.',
    );
  }
  const foreign = await foreignDaemon(agent);
  if (purge === true && foreign !== null) {
    throw new CliError(
      EXIT.environment,
      'already_running',
      `A Blueline that is not the agent's runs on the data folder (process ${foreign}).`,
      'Stop it first: its data would be removed under its hands.',
    );
  }
  const steps = planUninstall({ ...agent, purge: purge === true });
  const tell = (step: Step) => {
    if (session.format === 'text') {
      session.print(visible(describeStep(step)));
    }
  };
  if (dryRun === true) {
    steps.forEach(tell);
  } else if (host.isMac) {
    await runSteps(steps, {
      host,
      onStep: tell,
      awaitEnd: (seconds) => awaitEnd(session, agent, seconds, foreign),
      awaitHealth: (version, seconds) => awaitHealth(session, agent, version, { seconds, before: null }),
    });
  } else {
    throw new CliError(EXIT.environment, 'not_a_mac', 'This is no Mac: nothing can be installed here.');
  }
  if (session.format === 'json') {
    session.printJson({
      dry_run: dryRun === true,
      steps,
      kept: purge === true ? [] : [layout.data, layout.logs],
    });
  } else if (dryRun === true) {
    session.print('Nothing was done.');
  } else {
    session.print(
      purge === true
        ? 'Nothing of Blueline is left. The permissions in System Settings are yours to take back.'
        : `Kept: ${visible(layout.data)} and ${visible(layout.logs)} (--purge removes them as well).`,
    );
  }
  return EXIT.ok;
}

/** Nothing is removed with everything below it that nobody recognises; a folder that is not there is no mistake. */
function isDataFolder(path: string): boolean {
  return (
    !existsSync(path) ||
    ['blueline.db', 'config.yaml', 'instance.lock'].some((name) => existsSync(join(path, name)))
  );
}
