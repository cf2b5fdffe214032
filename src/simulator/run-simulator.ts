import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { answer } from './command-server.ts';
import { simulateMac, type SimulatedMac, type SimulateOptions } from './simulated-mac.ts';
import { help, parseWords, usageOf } from './words.ts';

export interface RunSimulatorOptions extends SimulateOptions {
  /** Commands in plain words, one per line; its end is the simulator's. */
  readonly stdin?: Readable;
  /** Takes one line of output, without its line break. */
  readonly print: (line: string) => void;
  /** Ends the simulator. Without one, SIGTERM, SIGINT and SIGHUP do. */
  readonly signal?: AbortSignal;
  /** Called once it listens, with the two paths that a daemon needs and the socket. */
  readonly onReady?: (mac: SimulatedMac) => void;
}

/** Runs a simulated Mac until it is told to end: by `exit`, by the end of `stdin`, or by the signal. Leaves nothing behind but the folder. */
export async function runSimulator(options: RunSimulatorOptions): Promise<void> {
  const mac = await simulateMac(options);
  const ended = Promise.withResolvers<void>();
  const release = onEnd(options.signal, () => ended.resolve());
  void mac.ended.then(() => ended.resolve());
  const lines = options.stdin === undefined ? null : createInterface({ input: options.stdin });
  try {
    options.onReady?.(mac);
    if (lines !== null) {
      options.print('Commands in plain words, one per line; "help" lists them, "exit" ends.');
      void obey(lines, mac, options.print).finally(() => ended.resolve());
    }
    await ended.promise;
  } finally {
    release();
    lines?.close();
    options.stdin?.destroy();
    await mac.close();
  }
}

/** One line after the other, so that `wait-idle` holds up what follows it. */
async function obey(
  lines: AsyncIterable<string>,
  mac: SimulatedMac,
  print: (line: string) => void,
): Promise<void> {
  for await (const line of lines) {
    const spoken = parseWords(line);
    if (spoken.kind === 'help') {
      print(spoken.text);
    } else if (spoken.kind === 'command') {
      const reply = await answer({ command: spoken.command, args: spoken.args }, (command) =>
        mac.run(command),
      );
      if (reply.ok) {
        print(`ok ${JSON.stringify(reply.result)}`);
      } else {
        print(
          reply.error.code === 'bad_command'
            ? usageOf(line)
            : `error ${reply.error.code}: ${reply.error.message}`,
        );
      }
    } else {
      print(help());
    }
  }
}

function onEnd(signal: AbortSignal | undefined, end: () => void): () => void {
  if (signal !== undefined) {
    if (signal.aborted) {
      end();
    }
    signal.addEventListener('abort', end, { once: true });
    return () => signal.removeEventListener('abort', end);
  }
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const name of names) {
    process.once(name, end);
  }
  return () => {
    for (const name of names) {
      process.off(name, end);
    }
  };
}
