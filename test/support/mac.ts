import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SimulateOptions, SimulatorRequest, SimulatorState } from '../../src/simulator/index.ts';

/** A simulated Mac in a process of its own, and the socket to direct it by. */
export interface Mac {
  readonly folder: string;
  readonly database: string;
  readonly osascript: string;
  command(request: SimulatorRequest): Promise<unknown>;
  state(): Promise<SimulatorState>;
  stop(): Promise<void>;
}

interface Paths {
  readonly database: string;
  readonly osascript: string;
  readonly socket: string;
}

interface Reply {
  readonly id: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

export async function startMac(options: Omit<SimulateOptions, 'clock' | 'folder'> = {}): Promise<Mac> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-mac-'));
  const child = fork(new URL('./simulator-process.ts', import.meta.url).pathname, [], { execArgv: [] });
  const exited = once(child, 'exit');
  child.send({ ...options, folder });
  const paths = await new Promise<Paths>((resolve, reject) => {
    child.once('message', (message: Paths) => resolve(message));
    child.once('exit', () => reject(new Error('the simulated Mac ended at once')));
  });
  const socket = connect(paths.socket);
  await once(socket, 'connect');
  const waiting = new Map<number, (reply: Reply) => void>();
  createInterface({ input: socket }).on('line', (line) => {
    const reply: Reply = JSON.parse(line);
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let lastId = 0;
  const command = async (request: SimulatorRequest): Promise<unknown> => {
    lastId += 1;
    const id = lastId;
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      socket.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    if (!reply.ok) {
      throw new Error(`the simulated Mac refused ${request.command}: ${reply.error?.message ?? ''}`);
    }
    return reply.result;
  };
  return {
    folder,
    database: paths.database,
    osascript: paths.osascript,
    command,
    state: async () => {
      const state: unknown = await command({ command: 'state', args: {} });
      return asState(state);
    },
    stop: async () => {
      socket.destroy();
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function asState(value: unknown): SimulatorState {
  if (typeof value !== 'object' || value === null || !('received' in value)) {
    throw new Error('not a state of the simulated Mac');
  }
  const text = JSON.stringify(value);
  const state: SimulatorState = JSON.parse(text);
  return state;
}
