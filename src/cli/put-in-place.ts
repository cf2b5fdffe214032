import { statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasGuiSession } from '../host/index.ts';
import {
  agentPlist,
  appFiles,
  deploy,
  describeStep,
  everythingToDo,
  planInstall,
  plistFields,
  readInstalled,
  readSource,
  type Installed,
  type InstallPlan,
  type Step,
} from '../installation/index.ts';
import { agentOf, type Agent } from './agent.ts';
import { askWellness, awaitEnd, awaitHealth, foreignDaemon } from './await-agent.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { leftToDo, tellLeftToDo } from './tell-left-to-do.ts';
import type { Session } from './session.ts';
import { visible } from './visible-text.ts';

/** The Blueline that this command is of. */
const OWN_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/u, '');
/** Left free on the disk, in bytes. */
const SPARE_BYTES = 200_000_000;

export interface PutOptions {
  readonly dryRun?: boolean;
  /** Folder of the version; that of this command if not given. */
  readonly from?: string;
}

/** Puts a version in the place of whatever is installed, or shows what that would do. */
export async function putInPlace(
  session: Session,
  options: PutOptions,
  requireInstalled: boolean,
): Promise<ExitCode> {
  const agent = agentOf(session);
  const source = readSource(resolve(options.from ?? OWN_ROOT));
  const installed = readInstalled(agent.layout);
  if (requireInstalled && installed.version === null) {
    throw new CliError(EXIT.failure, 'not_installed', 'Nothing is installed.', 'Run `blueline install`.');
  }
  const { version, root } = source;
  const plan = planInstall({ ...agent, installed, version, files: appFiles(source) });
  if (options.dryRun === true) {
    return showPlan(session, agent, { plan, installed, from: root });
  }
  await checkPlace(agent, plan);
  for (const variable of settingsInEnvironment(session)) {
    session.note(`${variable} is set here, but the agent will not have it: put it into config.yaml.`);
  }
  const before = await askWellness(agent);
  // Ctrl-C does not leave a Mac without its line half way: each wait has an end of its own.
  const waiting = { clock: session.clock, io: { signal: new AbortController().signal } };
  const done: Step[] = [];
  await deploy(plan, {
    host: agent.host,
    onStep: (step) => {
      done.push(step);
      if (session.format === 'text') {
        session.print(visible(describeStep(step)));
      }
    },
    awaitEnd: (seconds) => awaitEnd(waiting, agent, seconds),
    awaitHealth: (wanted, seconds) => awaitHealth(waiting, agent, wanted, { seconds, before }),
  });
  const left = await leftToDo(session, agent.layout);
  if (session.format === 'json') {
    session.printJson({
      installed: version,
      before: installed.version,
      steps: done.map(toJson),
      left_to_do: left,
    });
  } else {
    session.print(`\nBlueline ${version} runs. ${visible(agent.layout.launcher)} is its command.`);
    tellLeftToDo(session, left);
  }
  return EXIT.ok;
}

/** Where it cannot work, it is not begun. @throws CliError */
async function checkPlace(agent: Agent, plan: InstallPlan): Promise<void> {
  const { host, layout, uid } = agent;
  if (!host.isMac) {
    throw new CliError(
      EXIT.environment,
      'not_a_mac',
      'This is no Mac: there is no launchd, and no Messages.',
      '`--dry-run` shows what would be done; `blueline simulate` is a Mac to try the daemon with.',
    );
  }
  if (uid === 0 && process.platform === 'darwin') {
    throw new CliError(
      EXIT.environment,
      'runs_as_root',
      'The agent belongs to the user that Messages is signed in for, not to root.',
      'Run it again as that user, without sudo.',
    );
  }
  if ((await hasGuiSession(host, uid)) === false) {
    throw new CliError(
      EXIT.environment,
      'no_gui_session',
      'This user has no graphical session on this Mac, and without one nothing can be sent.',
      'Log in on its screen (screen sharing will do), then run it again; over ssh is fine from then on.',
    );
  }
  const foreign = await foreignDaemon(agent);
  if (foreign !== null) {
    throw new CliError(
      EXIT.environment,
      'already_running',
      `A Blueline that is not the agent's runs on the data folder (process ${foreign}).`,
      'Stop it first: the agent takes its place.',
    );
  }
  const needed = bytesOf([...plan.prepare, ...plan.swap]) + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(layout.home);
  if (bavail * bsize < needed) {
    throw new CliError(
      EXIT.environment,
      'disk_full',
      `The installation needs ${Math.round(needed / 1_000_000)} MB, and less is free.`,
      'Free some space on this Mac.',
    );
  }
}

function showPlan(
  session: Session,
  { layout, uid }: Agent,
  { plan, installed, from }: { plan: InstallPlan; installed: Installed; from: string },
): ExitCode {
  const xml = agentPlist(layout);
  if (session.format === 'json') {
    const { version, prepare, swap, goBack, finish } = plan;
    session.printJson({
      version,
      from,
      installed: installed.version,
      uid,
      steps: { prepare, swap, go_back: goBack, finish },
      plist: { path: layout.plist, xml, fields: plistFields(xml) },
      left_to_do: everythingToDo(layout),
    });
    return EXIT.ok;
  }
  const list = (steps: readonly Step[]) =>
    steps.forEach((step) => session.print(`  ${visible(describeStep(step))}`));
  session.print(
    `Blueline ${plan.version} from ${visible(from)}; installed now: ${installed.version ?? 'none'}`,
  );
  session.print('\nFirst, without touching what is installed:');
  list(plan.prepare);
  session.print('\nThen:');
  list(plan.swap);
  if (plan.goBack.length > 0) {
    session.print('\nIf one of these fails, the version before is put back:');
    list(plan.goBack);
    session.print('\nElse, at the end:');
    list(plan.finish);
  }
  session.print(`\n${visible(layout.plist)}:\n`);
  xml.split('\n').forEach((line) => session.print(visible(line)));
  tellLeftToDo(session, everythingToDo(layout));
  session.print('\nNothing was done.');
  return EXIT.ok;
}

function toJson(step: Step): object {
  return step.do === 'copy_app' ? { ...step, files: step.files.length } : step;
}

function bytesOf(steps: readonly Step[]): number {
  return steps
    .flatMap((step) => (step.do === 'copy_app' ? step.files : []))
    .reduce((sum, file) => sum + file.bytes, 0);
}

/** Settings of the daemon that hold for this command only. */
function settingsInEnvironment({ environment }: Session): readonly string[] {
  const own = /^BLUELINE_(?:HOME|URL|API_KEY|LISTEN_SECRET)$/u;
  return Object.keys(environment).filter((name) => name.startsWith('BLUELINE_') && !own.test(name));
}
