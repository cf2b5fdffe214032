import { connect, createServer, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { commandSchema, type SimulatorCommand } from './command.ts';
import type { ScriptCalls } from './script-calls.ts';

/** A text of 1 MB in JSON, with room for what escaping adds. */
const LONGEST_LINE = 8_000_000;

const envelope = z.object({ id: z.union([z.string(), z.number()]).nullable().default(null) });

const scriptCall = z.object({
  command: z.literal('osascript'),
  args: z.strictObject({
    script: z.object({ name: z.string(), version: z.number() }).nullable(),
    args: z.array(z.string()),
  }),
});

/**
 * The simulator's door: a unix socket that takes one JSON object per line, `{id, command, args}`, and answers each
 * with `{id, ok: true, result}` or `{id, ok: false, error: {code, message}}`. The stand-in for `osascript` comes in by
 * the same door and is answered in pieces, `{stdout}`, `{stderr}`, `{exit}`.
 */
export class CommandServer {
  readonly #path: string;
  readonly #run: (command: SimulatorCommand) => Promise<unknown>;
  readonly #scripts: ScriptCalls;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: {
    readonly path: string;
    readonly run: (command: SimulatorCommand) => Promise<unknown>;
    readonly scripts: ScriptCalls;
  }) {
    this.#path = options.path;
    this.#run = options.run;
    this.#scripts = options.scripts;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** @throws BluelineError `simulator_running` if another process answers at that path */
  async listen(): Promise<void> {
    if (await answers(this.#path)) {
      throw new BluelineError('simulator_running', 'A simulated Mac already runs in this folder.', {
        advice: 'End it, or name another folder.',
      });
    }
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) {
      // What has been answered still goes out; a script that hangs sees the connection end.
      socket.destroySoon();
    }
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setEncoding('utf8');
    let rest = '';
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        void this.#handle(socket, line);
      }
      if (rest.length > LONGEST_LINE) {
        socket.destroy();
      }
    });
    // A script that was killed leaves its connection broken: nothing to do about that.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #handle(socket: Socket, line: string): Promise<void> {
    const value = parseJson(line);
    const id = envelope.safeParse(value).data?.id ?? null;
    const call = scriptCall.safeParse(value);
    if (call.success) {
      this.#scripts.run(call.data.args, {
        reply: (reply) => send(socket, reply),
        onGone: (run) => socket.once('close', run),
      });
      return;
    }
    send(socket, { id, ...(await answer(value, this.#run)) });
  }
}

type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } };

/** Parses and runs one command; never rejects. */
export async function answer(
  value: unknown,
  run: (command: SimulatorCommand) => Promise<unknown>,
): Promise<Answer> {
  const command = commandSchema.safeParse(value);
  if (!command.success) {
    return { ok: false, error: { code: 'bad_command', message: z.prettifyError(command.error) } };
  }
  try {
    return { ok: true, result: (await run(command.data)) ?? null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = error instanceof BluelineError && error.advice !== null ? ` ${error.advice}` : '';
    return { ok: false, error: { code: errorCode(error), message: message + advice } };
  }
}

function parseJson(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return undefined;
  }
}

function send(socket: Socket, frame: object): void {
  if (socket.writable) {
    socket.write(`${JSON.stringify(frame)}\n`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
