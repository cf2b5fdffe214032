import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { processEnvironment } from '../config/environment.ts';
import { keepLog } from '../../test/support/kept-logs.ts';
import { main } from './index.ts';
import type { Environment } from './io.ts';

const MAIN = new URL('../main.ts', import.meta.url).pathname;

export interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, as on a terminal of 100 columns or as in a pipe. */
export async function type(
  argv: readonly string[],
  environment: Environment,
  options: { readonly isTTY?: boolean; readonly input?: string; readonly signal?: AbortSignal } = {},
): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const stdin = new PassThrough();
  stdin.end(options.input ?? '');
  const isTTY = options.isTTY === true;
  const exit = await main(
    argv,
    {
      stdin,
      stdout: { isTTY, columns: isTTY ? 100 : undefined, write: (text: string) => (stdout += text) },
      stderr: { isTTY, write: (text: string) => (stderr += text) },
      signal: options.signal ?? new AbortController().signal,
    },
    { NO_COLOR: '1', ...environment },
  );
  return { exit, stdout, stderr };
}

/** What a process needs to be found and to find its home; nothing of Blueline's. */
function surroundings(): Environment {
  const { PATH, HOME, NODE_COMPILE_CACHE } = processEnvironment();
  return { PATH, HOME, NODE_COMPILE_CACHE };
}

/** A command line in a process of its own, as it is really started. */
export class Spawned {
  stdout = '';
  stderr = '';
  readonly #child;
  readonly #exited;

  constructor(argv: readonly string[], environment: Environment) {
    this.#child = spawn(process.execPath, [MAIN, ...argv], {
      env: { ...surroundings(), ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close');
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString('utf8');
      if (argv[0] === 'run') {
        keepLog(`run-${this.#child.pid}`, chunk.toString('utf8'));
      }
    });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('utf8')));
    // A command that ends before it has read its input is the test's business only by its exit code.
    this.#child.stdin.on('error', () => undefined);
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(text = ''): void {
    this.#child.stdin.end(text);
  }

  /** Nobody reads what it prints any more. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<Ended> {
    await this.#exited;
    return { exit: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Waits until the output so far fits, for 10 s at most. */
export async function until(what: string, fits: () => boolean): Promise<void> {
  for (const started = performance.now(); !fits();) {
    if (performance.now() - started > 10_000) {
      throw new Error(`waited 10 s for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
