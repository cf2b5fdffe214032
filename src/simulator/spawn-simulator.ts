import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BluelineError } from '../runtime/index.ts';
import type { SimulatorRequest } from './command.ts';
import type { SimulatedMac, SimulateOptions, SimulatorState } from './simulated-mac.ts';

const PROCESS = fileURLToPath(new URL('./simulator-process.ts', import.meta.url));

/** How the child process is to be. */
export interface SimulatorStart extends Omit<SimulateOptions, 'clock'> {
  /** Added to the machine's clock. */
  readonly clockOffsetMs: number;
}

/** A simulated Mac in a process of its own: two paths for a daemon, and a socket to direct it by. */
export interface SimulatorProcess {
  readonly database: string;
  readonly osascript: string;
  readonly socket: string;
  /** Carries out one command; throws BluelineError where it is refused. */
  command(request: SimulatorRequest): Promise<unknown>;
  state(): Promise<SimulatorState>;
  /** Ends it, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a simulated Mac as a child process, and connects to its socket. */
export async function spawnSimulator(options: SimulatorStart): Promise<SimulatorProcess> {
  const child = fork(PROCESS, [], { execArgv: [] });
  const exited = once(child, 'exit');
  child.send(options);
  type Paths = Pick<SimulatedMac, 'database' | 'osascript' | 'socket'>;
  const paths = await new Promise<Paths>((resolve, reject) => {
    child.once('message', (message: Paths) => resolve(message));
    child.once('exit', () =>
      reject(new BluelineError('simulator_failed', 'The simulated Mac ended at its start.')),
    );
  });
  const socket = connect(paths.socket);
  await once(socket, 'connect');
  const ask = createAsker(socket);
  return {
    ...paths,
    command: ask,
    state: async () => {
      const state = await ask({ command: 'state', args: {} });
      if (!isState(state)) {
        throw new BluelineError(
          'simulator_failed',
          'The simulated Mac answered something else than its state.',
        );
      }
      return state;
    },
    stop: async () => {
      socket.destroy();
      child.kill('SIGTERM');
      await exited;
    },
  };
}

interface Reply {
  readonly id: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Commands over the socket, one JSON object per line, answers matched by id. */
function createAsker(socket: Socket): (request: SimulatorRequest) => Promise<unknown> {
  const waiting = new Map<number, (reply: Reply) => void>();
  createInterface({ input: socket }).on('line', (line) => {
    const reply: Reply = JSON.parse(line);
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let lastId = 0;
  return async (request) => {
    lastId += 1;
    const id = lastId;
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      socket.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    if (!reply.ok) {
      throw new BluelineError(
        reply.error?.code ?? 'simulator_failed',
        reply.error?.message ?? 'It was refused.',
      );
    }
    return reply.result;
  };
}

/** Our own child's answer: that it is the answer to this question is all there is to check. */
function isState(value: unknown): value is SimulatorState {
  return typeof value === 'object' && value !== null && 'received' in value && 'attempts' in value;
}
