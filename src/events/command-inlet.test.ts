import { describe, expect, it } from 'vitest';
import type { CommandFrame, CommandResult } from '../contract/index.ts';
import { CommandInlet } from './command-inlet.ts';

function bench() {
  const sent: string[] = [];
  const calls: string[] = [];
  const ended: PromiseWithResolvers<void>[] = [];
  let isPaused = false;
  const socket = {
    OPEN: 1 as const,
    readyState: 1 as 0 | 1 | 2 | 3,
    send: (text: string) => {
      const frame: CommandResult = JSON.parse(text);
      sent.push(frame.command_id);
    },
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
  };
  const inlet = new CommandInlet(socket, async ({ command_id: id }) => {
    calls.push(id);
    const end = Promise.withResolvers<void>();
    ended.push(end);
    await end.promise;
    return { type: 'command_result', command_id: id, result: 'accepted' };
  });
  const frame = (id: string): CommandFrame => ({
    type: 'command',
    command_id: id,
    command: 'line.pause',
    body: {},
  });
  const settle = () => new Promise(setImmediate);
  return { sent, calls, ended, socket, inlet, frame, settle, isPaused: () => isPaused };
}

describe('the commands of one connection', () => {
  it('are carried out one after the other and answered in order', async () => {
    const { sent, calls, ended, inlet, frame, settle } = bench();
    inlet.take(frame('1'));
    inlet.take(frame('2'));
    await settle();
    expect([calls, sent]).toEqual([['1'], []]);
    ended[0]?.resolve();
    await settle();
    expect([calls, sent]).toEqual([['1', '2'], ['1']]);
  });

  it('hold back the socket when too many wait, and let go of it again', async () => {
    const { ended, inlet, frame, settle, isPaused } = bench();
    for (let index = 0; index < 31; index += 1) {
      inlet.take(frame(String(index)));
    }
    await settle();
    expect(isPaused()).toBe(false);
    inlet.take(frame('31'));
    expect(isPaused()).toBe(true);
    ended[0]?.resolve();
    await settle();
    expect(isPaused()).toBe(false);
  });

  it('are carried out to the end though nobody hears the answer any more', async () => {
    const { sent, calls, ended, socket, inlet, frame, settle } = bench();
    inlet.take(frame('1'));
    inlet.take(frame('2'));
    socket.readyState = 3;
    await settle();
    ended[0]?.resolve();
    await settle();
    ended[1]?.resolve();
    await inlet.idle();
    expect([calls, sent]).toEqual([['1', '2'], []]);
  });
});
