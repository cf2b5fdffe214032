import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order } from './capture-ops.ts';

const WRITER = new URL('capture-writer.ts', import.meta.url);

/** What became of an order: carried out, or the writer was killed over it. */
export type Outcome = Exclude<Answer, { answer: 'failed' }> | { readonly answer: 'killed' };

/** The writer's process, as the storm holds it: one order at a time, started again after it was killed. */
export class Writer {
  readonly #path: string;
  #child: ChildProcess | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** The number of the last step that the database holds. */
  async start(): Promise<number> {
    const child = fork(WRITER, [this.#path], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    const answer = await answerOf(child);
    if (answer.answer !== 'done') {
      throw new Error('the writer did not start');
    }
    return answer.value;
  }

  async order(order: Order): Promise<Outcome> {
    const child = this.#child;
    if (child === null) {
      return { answer: 'killed' };
    }
    child.send(order);
    const answer = await answerOf(child);
    if (answer.answer === 'failed') {
      throw new Error(`the writer failed: ${answer.message}`);
    }
    return answer;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child?.kill(signal);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGCONT');
      child.disconnect();
      await ended;
    }
  }
}

function answerOf(child: ChildProcess): Promise<Answer | { readonly answer: 'killed' }> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ answer: 'killed' });
  }
  return new Promise((resolve) => {
    const settle = (answer: Answer | { readonly answer: 'killed' }) => {
      child.off('message', answered);
      child.off('exit', ended);
      resolve(answer);
    };
    const answered = (answer: Answer) => settle(answer);
    const ended = () => settle({ answer: 'killed' });
    child.on('message', answered);
    child.on('exit', ended);
  });
}
