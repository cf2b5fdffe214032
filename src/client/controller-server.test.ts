import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outboxItemSchema } from '../contract/index.ts';
import type { BridgeNotice } from './bridge-record.ts';
import { ControllerServer, type ControllerOptions } from './controller-server.ts';
import { FileCursorStore, type CursorStore } from './cursor-store.ts';
import { aHealth, anEvent, aRegister, aUsage, HandBridge, HandTimers } from './test-bridge.ts';
import { anItem } from './test-http.ts';

const TOKEN = 'a-token-of-bridges';
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 2 });

describe('a controller', () => {
  let folder: string;
  let timers: HandTimers;
  let handled: number[];
  let notices: BridgeNotice[];
  let server: ControllerServer;
  let cursors: CursorStore;
  let url: string;
  const bridges: HandBridge[] = [];

  const start = async (options: Partial<ControllerOptions> = {}) => {
    server = new ControllerServer({
      cursors,
      token: TOKEN,
      timers,
      onEvent: ({ sequence }) => void handled.push(sequence),
      onNotice: (notice) => {
        if (notice.type !== 'bridge.health') {
          notices.push(notice);
        }
      },
      ...options,
    });
    ({ url } = await server.listen({ port: 0 }));
  };
  const dial = (options: { readonly token?: string; readonly autoPong?: boolean } = {}) => {
    const { token = TOKEN, ...rest } = options;
    const bridge = new HandBridge(url, token, rest);
    bridges.push(bridge);
    return bridge;
  };
  const registered = async (bridge: HandBridge) => {
    await until(() => expect(bridge.ofType('registered')).toHaveLength(1));
    return bridge.ofType('registered')[0];
  };
  const types = () => notices.map(({ type }) => type);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-controller-'));
    cursors = new FileCursorStore(join(folder, 'cursors'));
    timers = new HandTimers();
    handled = [];
    notices = [];
    await start();
  });
  afterEach(async () => {
    for (const { socket } of bridges.splice(0)) {
      socket.terminate();
    }
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('handles events one by one, keeps how far it has come, and only then acks', async () => {
    const bridge = await dial().open();
    expect(await registered(bridge)).toEqual({
      type: 'registered',
      after: null,
      epoch: null,
      window: 500,
    });
    bridge.events(1, 3);
    await until(() => expect(bridge.ofType('ack').at(-1)).toEqual({ type: 'ack', sequence: 3 }));
    expect(handled).toEqual([1, 2, 3]);
    expect(new FileCursorStore(join(folder, 'cursors')).load('mini-1')).toEqual({
      epoch: 'e1',
      sequence: 3,
    });
    bridge.events(2, 4);
    await until(() => expect(handled).toEqual([1, 2, 3, 4]));
  });

  it('goes on after a restart where it was', async () => {
    const bridge = await dial().open();
    await registered(bridge);
    bridge.events(1, 5);
    await until(() => expect(bridge.ofType('ack').at(-1)).toMatchObject({ sequence: 5 }));
    await server.close();
    cursors = new FileCursorStore(join(folder, 'cursors'));
    await start();
    expect(await registered(await dial().open())).toMatchObject({ after: 5, epoch: 'e1' });
  });

  it('tries an event again that its handler could not deal with, and acks nothing meanwhile', async () => {
    await server.close();
    let isDown = true;
    const problems: unknown[] = [];
    await start({
      onEvent: ({ sequence }) => {
        if (sequence === 2 && isDown) {
          throw new Error('the database is down');
        }
        handled.push(sequence);
      },
      onProblem: (problem) => void problems.push(problem),
    });
    const bridge = await dial().open();
    await registered(bridge);
    bridge.events(1, 3);
    await until(() => expect(problems).toHaveLength(1));
    expect(handled).toEqual([1]);
    expect(bridge.ofType('ack')).toEqual([]);
    isDown = false;
    timers.advance(10_000);
    await until(() => expect(bridge.ofType('ack').at(-1)).toMatchObject({ sequence: 3 }));
    expect(handled).toEqual([1, 2, 3]);
  });

  it('lets a bridge that comes back wait for what its last connection brought, and handles it once', async () => {
    await server.close();
    const gate = Promise.withResolvers<void>();
    await start({
      onEvent: async ({ sequence }) => {
        if (sequence === 2) {
          await gate.promise;
        }
        handled.push(sequence);
      },
    });
    const bridge = await dial().open();
    await registered(bridge);
    bridge.events(1, 3);
    await until(() => expect(handled).toEqual([1]));
    const again = await dial().open();
    expect(await bridge.closed).toMatch(/^4410 /u);
    expect(again.ofType('registered')).toEqual([]);
    gate.resolve();
    expect(await registered(again)).toMatchObject({ after: 2 });
    again.events(3, 4);
    await until(() => expect(handled).toEqual([1, 2, 3, 4]));
  });

  it('turns away a second daemon of a bridge whose first one lives', async () => {
    const first = await dial().open();
    await registered(first);
    const second = await dial().open(aRegister({ instance_id: 'i2', epoch: 'e2' }));
    expect(await second.closed).toMatch(/^4409 another daemon/u);
    await until(() => expect(types()).toEqual(['bridge.online', 'bridge.refused']));
    first.events(1, 1);
    await until(() => expect(handled).toEqual([1]));
  });

  it('takes a daemon in whose predecessor has died without a word', async () => {
    // Pings of the controller are not answered: nobody is there any more.
    const first = await dial({ autoPong: false }).open();
    await registered(first);
    const second = await dial().open(aRegister({ instance_id: 'i2' }));
    // Until it has been asked and has not answered, the second is let wait.
    const time = setInterval(() => timers.advance(100), 2);
    await registered(second);
    clearInterval(time);
    expect(second.socket.readyState).toBe(second.socket.OPEN);
  });

  it('says that a bridge is offline after three missed beats, and that it is back', async () => {
    const bridge = await dial({ autoPong: false }).open();
    await registered(bridge);
    bridge.say({ type: 'heartbeat', head_sequence: 0, status: 'healthy', at: 1 });
    await until(() => expect(types()).toEqual(['bridge.online']));
    bridge.socket.terminate();
    timers.advance(44_000);
    expect(types()).toEqual(['bridge.online']);
    expect(server.health('mini-1')).toMatchObject({ isOnline: true });
    timers.advance(3_000);
    expect(types()).toEqual(['bridge.online', 'bridge.offline']);
    expect(server.health('mini-1')).toMatchObject({ isOnline: false });
    await registered(await dial().open());
    await until(() => expect(types().at(-1)).toBe('bridge.online'));
  });

  it('ends a connection that does not answer its pings', async () => {
    const bridge = await dial({ autoPong: false }).open();
    await registered(bridge);
    timers.advance(46_000);
    expect(await bridge.closed).toMatch(/^1006/u);
  });

  it('tells how a bridge is by its last report', async () => {
    const bridge = await dial().open();
    await registered(bridge);
    bridge.say({ type: 'health', health: aHealth('mini-1'), usage: aUsage({ used: 5 }) });
    await until(() =>
      expect(server.health('mini-1')).toMatchObject({
        isOnline: true,
        health: { bridgeId: 'mini-1', status: 'healthy' },
        usage: { utilization: 0.1 },
      }),
    );
    expect(server.bridges().map(({ bridgeId }) => bridgeId)).toEqual(['mini-1']);
    expect(server.health('mini-9')).toBeNull();
  });

  it('tells of a gap, and takes what comes after it', async () => {
    await server.close();
    const gaps: unknown[] = [];
    await cursors.save('mini-1', { epoch: 'e1', sequence: 9 });
    await start({ onGap: (gap, bridgeId) => void gaps.push([bridgeId, gap.reason]) });
    const bridge = await dial().open(aRegister({ epoch: 'e2', oldest_sequence: 3 }));
    expect(await registered(bridge)).toMatchObject({ after: 9, epoch: 'e1' });
    bridge.say({ type: 'gap', from: 1, to: 2, reason: 'epoch_changed' });
    bridge.events(3, 4);
    await until(() => expect(bridge.ofType('ack').at(-1)).toMatchObject({ sequence: 4 }));
    expect([gaps, handled]).toEqual([[['mini-1', 'epoch_changed']], [3, 4]]);
    expect(cursors.load('mini-1')).toEqual({ epoch: 'e2', sequence: 4 });
  });

  it('passes over no event that went missing on the way: the bridge has to send it again', async () => {
    const bridge = await dial().open();
    await registered(bridge);
    bridge.events(1, 2);
    bridge.events(4, 5);
    expect(await bridge.closed).toMatch(/^1006/u);
    const again = await dial().open();
    expect(await registered(again)).toMatchObject({ after: 2 });
    again.events(3, 5);
    await until(() => expect(handled).toEqual([1, 2, 3, 4, 5]));
  });

  it('passes over an event that it does not know', async () => {
    const bridge = await dial().open();
    await registered(bridge);
    bridge.say({ type: 'event', event: { ...anEvent(1), type: 'moon.rose' } });
    bridge.events(2, 2);
    await until(() => expect(bridge.ofType('ack').at(-1)).toMatchObject({ sequence: 2 }));
    expect(handled).toEqual([2]);
  });

  it.each([['a wrong token', 'wrong'] as const])('lets nobody in with %s', async (_name, token) => {
    const bridge = dial({ token });
    expect(await bridge.closed).toMatch(/^1006/u);
  });

  it('holds each bridge to its own token, where each has one', async () => {
    await server.close();
    await start({ token: (bridgeId) => (bridgeId === 'mini-1' ? TOKEN : null) });
    await registered(await dial().open());
    const other = await dial().open(aRegister({ bridge_id: 'mini-2' }));
    expect(await other.closed).toMatch(/^4401 /u);
    const wrong = await dial({ token: 'wrong' }).open();
    expect(await wrong.closed).toMatch(/^4401 /u);
  });

  it('waits for no bridge that does not register, and hears nothing from it before', async () => {
    const silent = await dial().open(null);
    await until(() => expect(silent.socket.readyState).toBe(silent.socket.OPEN));
    const eager = await dial().open(null);
    eager.events(1, 1);
    expect(await eager.closed).toMatch(/^4400 /u);
    timers.advance(6_000);
    expect(await silent.closed).toMatch(/^4400 /u);
    expect(handled).toEqual([]);
  });

  describe('gives commands', () => {
    const answer = (bridge: HandBridge, fields: object = { result: 'accepted' }) =>
      bridge.say({
        type: 'command_result',
        command_id: bridge.ofType('command').at(-1)?.['command_id'],
        ...fields,
      });
    const commanded = (bridge: HandBridge, count = 1) =>
      until(() => expect(bridge.ofType('command')).toHaveLength(count));

    it('and waits for the answer, over as many connections as it takes', async () => {
      const outcome = server.command('mini-1', 'line.pause', { reason: 'x' }, { commandId: 'c-1' });
      const bridge = await dial().open();
      await commanded(bridge);
      expect(bridge.ofType('command')).toEqual([
        {
          type: 'command',
          command_id: 'c-1',
          command: 'line.pause',
          body: { reason: 'x' },
          expires_at: timers.now() + 60_000,
        },
      ]);
      bridge.socket.terminate();
      const again = await dial().open();
      await commanded(again);
      expect(again.ofType('command')).toEqual(bridge.ofType('command'));
      answer(again, { result: 'duplicate' });
      expect(await outcome).toMatchObject({ result: 'duplicate', command_id: 'c-1' });
      const third = await dial().open();
      await registered(third);
      expect(third.ofType('command')).toEqual([]);
    });

    it('and says what it knows when it is no longer waited for', async () => {
      const stop = new AbortController();
      const unsent = server.command('mini-1', 'line.pause', {}, { signal: stop.signal });
      stop.abort();
      expect(await unsent).toEqual({ result: 'not_sent' });
      const bridge = await dial().open();
      await registered(bridge);
      expect(bridge.ofType('command')).toEqual([]);
      const again = new AbortController();
      const sent = server.command('mini-1', 'line.pause', {}, { signal: again.signal });
      await commanded(bridge);
      again.abort();
      expect(await sent).toEqual({ result: 'unknown' });
    });

    const { request_id: _id, ...failed } = anItem('failed', { state: 'failed', error: 'message_failed' });
    const updated = (sequence: number) => ({
      type: 'event',
      event: { ...anEvent(sequence), type: 'command.updated', data: failed },
    });

    it.each(['before', 'after'])(
      'and calls for another provider when an event %s the answer tells that a text failed',
      async (moment) => {
        const bridge = await dial().open();
        await registered(bridge);
        const told: unknown[] = [];
        const sending = server.send(
          'mini-1',
          { to: '+15550001111', text: 'x' },
          { onCertainFailure: (failure) => void told.push(failure) },
        );
        await commanded(bridge);
        const isBefore = moment === 'before';
        if (isBefore) {
          bridge.say(updated(1));
        }
        await until(() => expect(handled).toEqual(isBefore ? [1] : []));
        answer(bridge, { result: 'accepted', outbox: outboxItemSchema.parse(anItem('queued')) });
        expect(await sending).toMatchObject({ result: 'accepted' });
        if (!isBefore) {
          bridge.say(updated(1));
        }
        await until(() => expect(told).toMatchObject([{ kind: 'failed', item: { id: 'obx_1' } }]));
      },
    );

    it('and never calls for what became unknown', async () => {
      const told: unknown[] = [];
      const onCertainFailure = (failure: unknown) => void told.push(failure);
      const bridge = await dial().open();
      await registered(bridge);
      const stop = new AbortController();
      const sending = server.send(
        'mini-1',
        { to: '+15550001111', text: 'x' },
        { onCertainFailure, signal: stop.signal },
      );
      await commanded(bridge);
      stop.abort();
      expect(await sending).toEqual({ result: 'unknown' });
      const unsent = await server.send(
        'mini-2',
        { to: '+15550001111', text: 'x' },
        { onCertainFailure, signal: stop.signal },
      );
      expect(unsent).toEqual({ result: 'not_sent' });
      expect(told).toEqual([{ kind: 'not_sent' }]);
    });
  });
});
