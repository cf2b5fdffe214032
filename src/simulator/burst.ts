import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep, type Clock } from '../runtime/index.ts';
import type { SimulatedMessages } from './simulated-messages.ts';

/**
 * Writes `count` texts from one contact, `text 1` to `text <count>`, so many per transaction. Between two transactions
 * the process answers its socket; `gapMs` is the pause on the simulator's clock.
 */
export async function burst(
  messages: SimulatedMessages,
  clock: Clock,
  options: {
    readonly count: number;
    readonly perTransaction: number;
    readonly from: string;
    readonly text: string;
    readonly gapMs: number;
  },
): Promise<{ readonly count: number }> {
  const { from } = options;
  for (let done = 0; done < options.count; done += options.perTransaction) {
    const end = Math.min(options.count, done + options.perTransaction);
    messages.write((writer) => {
      writer.together(() => {
        const chat = writer.ensureChat({ style: 'direct', handle: from });
        for (let number = done + 1; number <= end; number += 1) {
          writer.insertIncoming({ chat, from, text: `${options.text} ${number}` });
        }
      });
    });
    await (options.gapMs > 0 ? sleep(clock, options.gapMs) : nextTurn());
  }
  return { count: options.count };
}
