import { copyFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, ManualClock, systemClock } from '../runtime/index.ts';
import { createAppMonitor, type AppMonitor } from './app-monitor.ts';
import type { AppStatus } from './app-status.ts';
import { createMessagesApp } from './messages-app.ts';
import { createProcessList } from './process-list.ts';
import { gone, StandIns } from './test-stand-in.ts';

const log = createLogger('silent');
const RUNNING: AppStatus = { state: 'running', accounts: [] };

/** An app whose answers the test gives by hand. */
function scriptedApp() {
  const waiting: ((status: AppStatus) => void)[] = [];
  let asked = 0;
  return {
    asked: () => asked,
    answer: async (status: AppStatus) => {
      waiting.shift()?.(status);
      await new Promise(setImmediate);
    },
    probe: (signal?: AbortSignal) => {
      asked += 1;
      return new Promise<AppStatus>((resolve) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => resolve({ state: 'unknown', code: null }));
      });
    },
  };
}

describe('with a stand-in', () => {
  let clock: ManualClock;
  let app: ReturnType<typeof scriptedApp>;
  let seen: string[];
  let monitor: AppMonitor;
  beforeEach(() => {
    clock = new ManualClock(1_000);
    app = scriptedApp();
    seen = [];
    const onChange = (status: AppStatus) => seen.push(status.state);
    monitor = createAppMonitor({ app, osascript: '/stand-in', clock, log, onChange });
  });
  afterEach(() => monitor.stop());

  it('lets a question of another wait for its own, and its own and sends for that of another', async () => {
    monitor.start();
    const calls: string[] = [];
    const other = (name: string) =>
      monitor.whileIdle(() => {
        calls.push(name);
        return Promise.resolve(name === 'answered');
      });
    expect(await other('during a probe')).toBe(false);
    await app.answer(RUNNING);
    expect(await other('answered')).toBe(true);
    expect(await other('unanswered')).toBe(false);
    const asking = Promise.withResolvers<boolean>();
    const long = monitor.whileIdle(() => asking.promise);
    const send = monitor.whileSending(async () => {
      calls.push('sent');
      expect(await other('during a send')).toBe(false);
    });
    clock.advance(5_000);
    expect([app.asked(), calls]).toEqual([1, ['answered', 'unanswered']]);
    asking.resolve(true);
    await Promise.all([long, send]);
    expect(calls).toEqual(['answered', 'unanswered', 'sent']);
    expect(await monitor.whileIdle(() => Promise.reject(new Error('x')))).toBe(false);
  });

  it('asks at once and then every 5 s, one question at a time', async () => {
    expect(monitor.status()).toEqual({ state: 'unknown', code: null, checkedAt: null });
    monitor.start();
    monitor.start();
    expect(app.asked()).toBe(1);
    clock.advance(20_000);
    expect(app.asked()).toBe(1);
    await app.answer(RUNNING);
    expect(monitor.status()).toEqual({ ...RUNNING, checkedAt: 21_000 });
    clock.advance(5_000);
    expect(app.asked()).toBe(2);
    await app.answer({ state: 'not_running' });
    expect(monitor.status()).toEqual({ state: 'not_running', checkedAt: 26_000 });
  });

  it('asks less often once it has long been told the same, until something changes', async () => {
    monitor.start();
    await app.answer(RUNNING);
    const pass = async (ms: number) => {
      for (let past = 0; past < ms; past += 5_000) {
        clock.advance(5_000);
        await app.answer(RUNNING);
      }
      return app.asked();
    };
    const first = await pass(60_000);
    expect(first).toBe(12);
    expect(await pass(120_000)).toBe(first + 4);
    clock.advance(30_000);
    await app.answer({ state: 'not_running' });
    expect(await pass(10_000)).toBe(first + 4 + 1 + 2);
  });

  it('tells changes only', async () => {
    monitor.start();
    await app.answer(RUNNING);
    for (const status of [RUNNING, { state: 'not_running' }, { state: 'not_running' }, RUNNING] as const) {
      clock.advance(5_000);
      await app.answer(status);
    }
    expect(seen).toEqual(['running', 'not_running', 'running']);
  });

  it('never asks during a send, and makes up for it afterwards', async () => {
    monitor.start();
    await app.answer(RUNNING);
    const send = Promise.withResolvers<void>();
    const sending = monitor.whileSending(() => send.promise);
    clock.advance(30_000);
    await monitor.checkNow();
    expect(app.asked()).toBe(1);
    send.resolve();
    await sending;
    expect(app.asked()).toBe(2);
  });

  it('lets a probe under way end before a send begins', async () => {
    monitor.start();
    const order: string[] = [];
    const sending = monitor.whileSending(() => {
      order.push('send');
      return Promise.resolve('done');
    });
    await new Promise(setImmediate);
    order.push('answer');
    await app.answer(RUNNING);
    expect(await sending).toBe('done');
    expect(order).toEqual(['answer', 'send']);
  });

  it('passes on what the work throws and goes on asking', async () => {
    monitor.start();
    await app.answer(RUNNING);
    await expect(monitor.whileSending(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    clock.advance(5_000);
    expect(app.asked()).toBe(2);
  });

  it('forgets an answer that a stop cut off, and stops twice without harm', async () => {
    monitor.start();
    await Promise.all([monitor.stop(), monitor.stop()]);
    expect(monitor.status().checkedAt).toBe(null);
    clock.advance(60_000);
    expect(app.asked()).toBe(1);
  });
});

describe('on a Mac without a stand-in', () => {
  it('looks at the process list every 5 s and asks Messages every 120 s', async () => {
    const clock = new ManualClock(0);
    const app = scriptedApp();
    let looks = 0;
    let running: boolean | null = true;
    const isRunning = () => {
      looks += 1;
      return Promise.resolve(running);
    };
    const turn = async (ms: number) => {
      clock.advance(ms);
      await new Promise(setImmediate);
    };
    const monitor = createAppMonitor({ app, osascript: null, clock, log, platform: 'darwin', isRunning });
    monitor.start();
    await turn(0);
    await app.answer(RUNNING);
    for (let i = 1; i < 24; i += 1) {
      await turn(5_000);
    }
    expect([looks, app.asked()]).toEqual([24, 1]);
    expect(monitor.status()).toEqual({ ...RUNNING, checkedAt: 115_000 });
    await turn(5_000);
    expect(app.asked()).toBe(2);
    await app.answer(RUNNING);

    running = false;
    await turn(5_000);
    expect(monitor.status()).toEqual({ state: 'not_running', checkedAt: 125_000 });
    running = null;
    await turn(5_000);
    expect(monitor.status()).toEqual({ state: 'not_running', checkedAt: 125_000 });
    running = true;
    await turn(5_000);
    expect(app.asked()).toBe(3);
    await app.answer(RUNNING);
    expect(monitor.status().state).toBe('running');
    await monitor.stop();
  });
});

describe('with real processes', () => {
  let standIns: StandIns;
  beforeEach(() => {
    standIns = new StandIns();
  });
  afterEach(() => standIns.remove());

  it('answers 50 questions from memory while the stand-in hangs, and leaves nothing behind', async () => {
    const clock = new ManualClock(0);
    const osascript = standIns.shell('osascript', 'sleep 1000');
    const app = createMessagesApp({ osascript, platform: 'linux', clock, log });
    const monitor = createAppMonitor({ app, osascript, clock, log });
    monitor.start();
    await standIns.written('pids');
    const answers = await Promise.all(Array.from({ length: 50 }, async () => monitor.status()));
    expect(new Set(answers.map((answer) => answer.state))).toEqual(new Set(['unknown']));
    expect(standIns.lines('pids')).toHaveLength(1);
    clock.advance(5_000);
    await vi.waitUntil(() => monitor.status().state === 'not_responding');
    clock.advance(5_000);
    await vi.waitUntil(() => standIns.lines('pids').length === 2);
    await monitor.stop();
    await Promise.all(standIns.lines('pids').map((pid) => gone(Number(pid))));
  });

  it('finds a process called Messages, and only of that name', async () => {
    const isRunning = createProcessList(systemClock());
    const { signal } = new AbortController();
    expect(await isRunning(signal)).toBe(false);
    copyFileSync('/bin/sleep', standIns.path('Messages'));
    const messages = spawn(standIns.path('Messages'), ['1000'], { stdio: 'ignore' });
    await once(messages, 'spawn');
    expect(await isRunning(signal)).toBe(true);
    messages.kill();
    await once(messages, 'exit');
    expect(await isRunning(signal)).toBe(false);
  });

  it('asks for it by name once a minute, or when it is gone, and otherwise looks whether it lives', async () => {
    const clock = new ManualClock(0);
    const messages = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
    const answer = standIns.path('answer');
    writeFileSync(answer, `${messages.pid}\n`);
    const pgrep = standIns.shell('pgrep', `cat ${answer}; test -s ${answer}`);
    const isRunning = createProcessList(clock, pgrep);
    const { signal } = new AbortController();
    const asked = () => standIns.lines('pids').length;
    for (let look = 0; look < 12; look += 1) {
      expect(await isRunning(signal)).toBe(true);
      clock.advance(5_000);
    }
    expect(asked()).toBe(1);
    expect(await isRunning(signal)).toBe(true);
    expect(asked()).toBe(2);
    messages.kill();
    await once(messages, 'exit');
    writeFileSync(answer, '');
    expect(await isRunning(signal)).toBe(false);
    expect(asked()).toBe(3);
  });
});
