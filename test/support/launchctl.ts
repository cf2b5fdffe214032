/**
 * launchd as far as `blueline install` needs it, for tests: `launchctl.ts <folder> <arguments of launchctl>`. It starts
 * what a LaunchAgent names, with nothing but what that names, starts it again when it ends with an error (without
 * launchd's pause of 10 s), and lays down what `launchctl print` is to print, in launchd's form.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'plist';
import { z } from 'zod';

const RESTART_AFTER_MS = 200;
const WAIT_MS = 30_000;

const agentSchema = z.object({
  Label: z.string(),
  ProgramArguments: z.tuple([z.string()], z.string()),
  WorkingDirectory: z.string(),
  EnvironmentVariables: z.record(z.string(), z.string()),
  StandardOutPath: z.string(),
  StandardErrorPath: z.string(),
  KeepAlive: z.object({ SuccessfulExit: z.literal(false) }),
  Umask: z.int(),
  ExitTimeOut: z.int(),
});

const stateSchema = z.object({
  supervisor: z.int(),
  pid: z.int().nullable(),
  runs: z.int(),
  lastExit: z.string(),
  plist: z.string(),
});

type State = z.infer<typeof stateSchema>;

const [folder = '', verb = '', ...args] = process.argv.slice(2);
process.exitCode = await main();

async function main(): Promise<number> {
  switch (verb) {
    case 'bootstrap':
      return bootstrap(args[1] ?? '');
    case 'bootout':
      return bootout(labelOf(args[0] ?? ''));
    case 'kickstart':
      return kickstart(labelOf(args.at(-1) ?? ''));
    case 'supervise':
      await supervise(args[0] ?? '');
      return 0;
    default:
      return say(64, `Unrecognized subcommand: ${verb}`);
  }
}

/** What `launchctl print` prints of the job; the stand-in's shell shows it. */
function printed({ pid, runs, lastExit, plist }: State): string {
  return `job = {
\tactive count = ${pid === null ? 0 : 1}
\tpath = ${plist}
\ttype = LaunchAgent
\tstate = ${pid === null ? 'not running' : 'running'}

\tendpoints = {
\t\tstate = active
\t}

\truns = ${runs}
${pid === null ? '' : `\tpid = ${pid}\n`}\timmediate reason = ${runs > 1 ? 'inefficient' : 'speculative'}
\tlast exit code = ${lastExit}
}
`;
}

async function bootstrap(plist: string): Promise<number> {
  const agent = agentSchema.safeParse(parse(readFileSync(plist, 'utf8')));
  if (!agent.success || readState(agent.data.Label) !== null) {
    return say(5, 'Bootstrap failed: 5: Input/output error');
  }
  const child = spawn(process.execPath, [import.meta.filename, folder, 'supervise', plist], {
    detached: true,
    stdio: 'ignore',
  });
  child.unref();
  await until(() => (readState(agent.data.Label)?.pid ?? null) !== null);
  return 0;
}

async function bootout(label: string): Promise<number> {
  const state = readState(label);
  if (state === null) {
    return say(3, 'Boot-out failed: 3: No such process');
  }
  process.kill(state.supervisor, 'SIGTERM');
  await until(() => readState(label) === null);
  return 0;
}

async function kickstart(label: string): Promise<number> {
  const state = readState(label);
  if (state === null) {
    return say(113, `Could not find service "${label}"`);
  }
  process.kill(state.supervisor, 'SIGUSR2');
  await until(() => readState(label)?.runs === state.runs + 1);
  return 0;
}

/** launchd itself, for one job. */
async function supervise(plist: string): Promise<void> {
  const agent = agentSchema.parse(parse(readFileSync(plist, 'utf8')));
  const { Label: label, ProgramArguments, KeepAlive } = agent;
  const [program, ...rest] = ProgramArguments;
  let runs = 0;
  let lastExit = '(never exited)';
  const wish = { end: false, restart: false };
  let end = (_signal: NodeJS.Signals): void => undefined;
  let wake = (): void => undefined;
  const write = (pid: number | null) =>
    writeState(label, { supervisor: process.pid, pid, runs, lastExit, plist });
  process.on('SIGTERM', () => {
    wish.end = true;
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), agent.ExitTimeOut * 1000).unref();
    wake();
  });
  process.on('SIGUSR2', () => {
    wish.restart = true;
    end('SIGTERM');
    wake();
  });
  process.umask(agent.Umask);
  while (!wish.end) {
    wish.restart = false;
    mkdirSync(dirname(agent.StandardOutPath), { recursive: true });
    const child = spawn(program, rest, {
      cwd: agent.WorkingDirectory,
      env: agent.EnvironmentVariables,
      stdio: ['ignore', openSync(agent.StandardOutPath, 'a'), openSync(agent.StandardErrorPath, 'a')],
    });
    const exited = once(child, 'exit');
    end = (signal) => void child.kill(signal);
    runs += 1;
    write(child.pid ?? null);
    await exited;
    lastExit = child.exitCode === null ? `(signal) ${child.signalCode}` : String(child.exitCode);
    const failed = child.exitCode !== 0 && !KeepAlive.SuccessfulExit;
    write(null);
    if (!wish.end && !failed && !wish.restart) {
      const waiting = setInterval(() => undefined, 60_000);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      clearInterval(waiting);
    } else if (!wish.end) {
      await pause(RESTART_AFTER_MS);
    }
  }
  rmSync(join(folder, `${label}.print`));
  rmSync(stateFile(label));
}

function labelOf(target: string): string {
  return target.split('/')[2] ?? '';
}

function stateFile(label: string): string {
  return join(folder, `${label}.json`);
}

function readState(label: string): State | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFile(label), 'utf8')));
  } catch {
    return null;
  }
}

function writeState(label: string, state: State): void {
  replace(join(folder, `${label}.print`), printed(state));
  replace(stateFile(label), JSON.stringify(state));
}

function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

function say(code: number, words: string): number {
  process.stderr.write(`${words}\n`);
  return code;
}

async function until(fits: () => boolean): Promise<void> {
  for (const started = performance.now(); !fits() && performance.now() - started < WAIT_MS;) {
    await pause(20);
  }
}
