import type { Clock } from '../runtime/index.ts';
import { childEnvironment } from './child-environment.ts';
import { LiveGroups } from './live-groups.ts';
import { runPlainScript } from './plain-script-runner.ts';
import { runChild, type ChildEnd } from './run-child.ts';

const OSASCRIPT = '/usr/bin/osascript';

export interface ScriptRequest {
  readonly script: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ScriptRunner {
  /** Runs one AppleScript to its end, whatever that is. Never rejects. */
  run(request: ScriptRequest): Promise<ChildEnd>;
  /** A script that was killed is still there. */
  isStuck(): boolean;
}

/**
 * A runner for the stand-in at `osascript`, or for the system's own where that is `null`. Arguments go out as argv and
 * the script on stdin, so that no text is ever source; the argument-free scripts of a real Mac go through run-applescript.
 */
export function createScriptRunner(options: {
  readonly osascript: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly killGraceMs: number;
}): ScriptRunner {
  const { osascript, clock, killGraceMs } = options;
  const environment = childEnvironment(options.environment, osascript !== null);
  const groups = new LiveGroups();
  const run: ScriptRunner['run'] = (request) => {
    if (osascript === null && request.args.length === 0) {
      return runPlainScript(request, clock);
    }
    return runChild({
      file: osascript ?? OSASCRIPT,
      args: ['-l', 'AppleScript', '-', ...request.args],
      input: request.script,
      environment,
      clock,
      timeoutMs: request.timeoutMs,
      killGraceMs,
      groups,
      signal: request.signal,
    });
  };
  return { run, isStuck: () => groups.isStuck };
}
