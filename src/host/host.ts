import { execFile, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where macOS keeps the tools that are asked. Absolute: nothing else of that name is meant. */
const PLACES = {
  caffeinate: '/usr/bin/caffeinate',
  codesign: '/usr/bin/codesign',
  csrutil: '/usr/bin/csrutil',
  defaults: '/usr/bin/defaults',
  fdesetup: '/usr/bin/fdesetup',
  launchctl: '/bin/launchctl',
  open: '/usr/bin/open',
  pgrep: '/usr/bin/pgrep',
  pkill: '/usr/bin/pkill',
  pmset: '/usr/bin/pmset',
  ps: '/bin/ps',
  sntp: '/usr/bin/sntp',
  sw_vers: '/usr/bin/sw_vers',
} as const;

export type ToolName = keyof typeof PLACES;

/** None of them takes long; one that does waits for something that will not come. */
const TIMEOUT_MS = 5_000;
const MAX_OUTPUT_BYTES = 1_048_576;

/** How a tool ended. `missing`: there is no such executable here. */
export type ToolEnd =
  | { readonly end: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly end: 'missing' }
  | { readonly end: 'timed_out' }
  | { readonly end: 'failed'; readonly code: string };

/** This Mac, by its tools. */
export interface Host {
  /** Whether there is a Mac to ask: macOS itself, or stand-ins for its tools. */
  readonly isMac: boolean;
  /** The tool's absolute path, as it would be called. */
  path(tool: ToolName): string;
  /** Runs a tool without a shell and without input, in the C locale. Never rejects. */
  run(tool: ToolName, args: readonly string[], options?: { readonly timeoutMs?: number }): Promise<ToolEnd>;
  /** Starts a tool that is to go on, for what it does while it runs. Never throws. */
  hold(tool: ToolName, args: readonly string[]): HeldTool;
}

/** A tool that goes on until it is ended. */
export interface HeldTool {
  /** Resolves when it is there no more, whatever the reason; at once where it could not be started. */
  readonly ended: Promise<void>;
  end(): void;
}

/**
 * @param options.tools a folder with stand-ins of the tools' names; `null` for those of macOS.
 * @param options.environment what stand-ins are given besides; the system's own tools get a few names alone.
 */
export function createHost(options: {
  readonly tools: string | null;
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Host {
  const { tools, platform, environment } = options;
  const isMac = tools !== null || platform === 'darwin';
  const path = (tool: ToolName) => (tools === null ? PLACES[tool] : join(tools, tool));
  const given = tools === null ? {} : environment;
  const env = {
    PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
    ...given,
    HOME: environment['HOME'] ?? homedir(),
    // Their words are read.
    LANG: 'C',
    LC_ALL: 'C',
  };
  return {
    isMac,
    path,
    run: (tool, args, { timeoutMs = TIMEOUT_MS } = {}) =>
      isMac ? runTool(path(tool), args, env, timeoutMs) : Promise.resolve({ end: 'missing' }),
    hold: (tool, args) =>
      isMac ? holdTool(path(tool), args, env) : { ended: Promise.resolve(), end: () => undefined },
  };
}

function runTool(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<ToolEnd> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      { env: { ...env }, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve({ end: 'exited', code: 0, stdout, stderr });
        } else if (typeof error.code === 'number') {
          resolve({ end: 'exited', code: error.code, stdout, stderr });
        } else if (error.killed === true) {
          resolve({ end: 'timed_out' });
        } else {
          resolve(error.code === 'ENOENT' ? { end: 'missing' } : { end: 'failed', code: codeOf(error) });
        }
      },
    );
    child.stdin?.end();
  });
}

function holdTool(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HeldTool {
  const child = spawn(file, args, { env: { ...env }, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { ended, end: () => void child.kill('SIGTERM') };
}

/** The system's code, or the signal that was not ours. */
function codeOf(error: { readonly code?: unknown; readonly signal?: unknown }): string {
  const { code, signal } = error;
  return typeof code === 'string' ? code : typeof signal === 'string' ? signal : 'unknown';
}
