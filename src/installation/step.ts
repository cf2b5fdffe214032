import type { ToolName } from '../host/index.ts';
import type { AppFile } from './app-files.ts';

/** One thing that an installation does. What is planned is shown as it stands and done as it stands. */
export type Step =
  | { readonly do: 'make_folder'; readonly path: string; readonly mode: number }
  | { readonly do: 'copy_app'; readonly to: string; readonly files: readonly AppFile[] }
  /** Whether the version runs on this machine at all, before anything depends on it. */
  | { readonly do: 'try_app'; readonly command: readonly [string, ...string[]]; readonly prints: string }
  | { readonly do: 'write'; readonly path: string; readonly mode: number; readonly content: string }
  | { readonly do: 'move'; readonly from: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  | {
      readonly do: 'run';
      readonly tool: ToolName;
      /** Where the tool is. */
      readonly command: readonly [string, ...string[]];
      /** It may fail: what it is to bring about may be so already. */
      readonly mayFail: boolean;
    }
  /** launchd has let go of the agent, and its process is gone. */
  | { readonly do: 'await_end'; readonly seconds: number }
  /** The version answers, stays, and is no worse off than the one before. */
  | { readonly do: 'await_health'; readonly version: string; readonly seconds: number }
  | { readonly do: 'save_store'; readonly from: string; readonly to: string }
  /** Only where the other version has changed the form of the store, and only if nothing was done with it since. */
  | { readonly do: 'restore_store'; readonly from: string; readonly to: string };

/** A step as a person reads it: what is done, to which path, or the command line itself. */
export function describeStep(step: Step): string {
  switch (step.do) {
    case 'make_folder':
      return `folder   ${step.path}  (mode ${octal(step.mode)}, unless it is there)`;
    case 'copy_app':
      return `copy     ${step.to}  (${summary(step.files)})`;
    case 'try_app':
      return `try      ${step.command.map(quoted).join(' ')}  (it must print ${step.prints})`;
    case 'write':
      return `write    ${step.path}  (mode ${octal(step.mode)}, ${Buffer.byteLength(step.content)} bytes)`;
    case 'move':
      return `move     ${step.from} → ${step.to}`;
    case 'remove':
      return `remove   ${step.path}`;
    case 'run':
      return `run      ${step.command.map(quoted).join(' ')}${step.mayFail ? '  (may fail)' : ''}`;
    case 'await_end':
      return `wait     until the agent's process is gone, ${step.seconds} s at the most`;
    case 'await_health':
      return `wait     until version ${step.version} answers and stays, ${step.seconds} s at the most`;
    case 'save_store':
      return `save     ${step.from} → ${step.to}`;
    case 'restore_store':
      return `restore  ${step.from} → ${step.to}  (only if the new version has changed its form and nothing else)`;
    default:
      return step satisfies never;
  }
}

function summary(files: readonly AppFile[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const packages = new Set(
    files.flatMap(({ to }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(to)?.[1] ?? []),
  );
  return `${files.length} files, ${Math.round(bytes / 1_000_000)} MB: Blueline, ${packages.size} packages, Node`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
