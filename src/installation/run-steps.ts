import { spawn } from 'node:child_process';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { describeEnd, type Host } from '../host/index.ts';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { restoreStore, saveStore } from '../store/index.ts';
import { assembleApp } from './assemble-app.ts';
import { describeStep, type Step } from './step.ts';

const TRY_TIMEOUT_MS = 30_000;

/** What steps need beside the disk. */
export interface StepTools {
  readonly host: Host;
  /** Called before each step. */
  readonly onStep: (step: Step) => void;
  readonly awaitEnd: (seconds: number) => Promise<void>;
  readonly awaitHealth: (version: string, seconds: number) => Promise<void>;
}

/**
 * Does what was planned, one after the other.
 * @throws BluelineError `step_failed`, `version_does_not_run`, `launchctl_failed`, or what the waits throw; what was done by then stays.
 */
export async function runSteps(steps: readonly Step[], tools: StepTools): Promise<void> {
  for (const step of steps) {
    tools.onStep(step);
    try {
      await runStep(step, tools);
    } catch (error) {
      if (error instanceof BluelineError) {
        throw error;
      }
      throw new BluelineError(
        'step_failed',
        `This did not work (${errorCode(error)}): ${describeStep(step)}`,
        {
          advice: 'Check that the disk has room and that the folders belong to you, then try again.',
          cause: error,
        },
      );
    }
  }
}

async function runStep(step: Step, { host, awaitEnd, awaitHealth }: StepTools): Promise<void> {
  switch (step.do) {
    case 'make_folder':
      await mkdir(step.path, { recursive: true, mode: step.mode });
      return;
    case 'copy_app':
      await assembleApp(step.files, step.to);
      return;
    case 'try_app':
      await tryApp(step.command, step.prints);
      return;
    case 'write':
      // Beside it first: launchd, or a person, never finds half of it.
      await writeFile(`${step.path}.new`, step.content, { mode: step.mode });
      await chmod(`${step.path}.new`, step.mode);
      await rename(`${step.path}.new`, step.path);
      return;
    case 'move':
      await rename(step.from, step.to);
      return;
    case 'remove':
      await rm(step.path, { recursive: true, force: true });
      return;
    case 'run':
      await runTool(step, host);
      return;
    case 'await_end':
      await awaitEnd(step.seconds);
      return;
    case 'await_health':
      await awaitHealth(step.version, step.seconds);
      return;
    case 'save_store':
      await saveStore(step.from, step.to);
      return;
    case 'restore_store':
      await restoreStore(step.from, step.to);
      return;
    default:
      return step satisfies never;
  }
}

async function runTool(step: Extract<Step, { readonly do: 'run' }>, host: Host): Promise<void> {
  const [, ...args] = step.command;
  const end = await host.run(step.tool, args, { timeoutMs: 60_000 });
  if (step.mayFail || (end.end === 'exited' && end.code === 0)) {
    return;
  }
  const said = end.end === 'exited' ? end.stderr.trim() : '';
  throw new BluelineError(
    'launchctl_failed',
    `${step.tool} ${args.join(' ')} did not work: ${describeEnd(end)}.${said === '' ? '' : ` It says: ${said}`}`,
    {
      advice:
        'Log in on the screen of this Mac as this user (screen sharing will do) and try again; a LaunchAgent needs the graphical session.',
    },
  );
}

/** Runs a version's own command in an empty environment. */
async function tryApp(command: readonly [string, ...string[]], prints: string): Promise<void> {
  const [file, ...args] = command;
  const { code, stdout } = await new Promise<{ code: string; stdout: string }>((resolve) => {
    let stdout = '';
    const child = spawn(file, args, {
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TRY_TIMEOUT_MS,
    });
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.once('error', (error) => resolve({ code: errorCode(error), stdout }));
    child.once('close', (exit, signal) => resolve({ code: String(exit ?? signal), stdout }));
  });
  if (code !== '0' || stdout.trim() !== prints) {
    throw new BluelineError('version_does_not_run', `Version ${prints} does not run on this Mac (${code}).`, {
      advice: 'Nothing was changed. Was it built for this kind of Mac, and is the copy whole?',
    });
  }
}
