import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { z } from 'zod';

/** A process of the bench that does one thing on request. */
export interface BenchChild {
  readonly pid: number;
  ask(request: object): Promise<unknown>;
  end(): Promise<void>;
}

/** Milliseconds of the one clock that all processes of a machine share; only differences mean something. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const FILES = {
  writer: 'run-capture-writer.ts',
  floor: 'run-capture-floor.ts',
  skeleton: 'run-capture-skeleton.ts',
  probe: 'run-capture-probe.ts',
  readers: 'run-events-readers.ts',
  echo: 'run-events-echo.ts',
} as const;

/** Starts one of the bench's processes. A question to one that has ended, or ends over it, is rejected. */
export function startChild(name: keyof typeof FILES): BenchChild {
  const child = fork(new URL(FILES[name], import.meta.url), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const exited = once(child, 'exit');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ id, reply }: Reply) => {
    waiting.get(id)?.resolve(reply);
    waiting.delete(id);
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) {
      reject(new Error(`The ${name} ended with ${String(code)}.`));
    }
  });
  let lastId = 0;
  return {
    pid: child.pid ?? 0,
    ask: (request) => {
      lastId += 1;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(lastId, answer);
      child.send({ id: lastId, request });
      return answer.promise;
    },
    end: async () => {
      if (child.connected) {
        child.disconnect();
      }
      await exited;
    },
  };
}

/** The other side: answers each question with what `answer` gives, until the asking process lets go. */
export function serve<Schema extends z.ZodType>(
  schema: Schema,
  answer: (request: z.output<Schema>) => unknown,
): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, request }: { readonly id: number; readonly request: unknown }) => {
    void Promise.resolve(answer(schema.parse(request))).then((reply) => process.send?.({ id, reply }));
  });
}

interface Reply {
  readonly id: number;
  readonly reply: unknown;
}
