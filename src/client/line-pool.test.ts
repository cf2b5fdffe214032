import { afterEach, describe, expect, it, vi } from 'vitest';
import { chance } from '../../test/support/chance.ts';
import type { WireLine } from '../contract/index.ts';
import { MemoryAssignmentStore } from './assignments.ts';
import { ControllerServer } from './controller-server.ts';
import { MemoryCursorStore } from './cursor-store.ts';
import { LinePool, type CapacityNotice } from './line-pool.ts';
import { poolLines, type PoolLine } from './pool-line.ts';
import { aHealth, aRegister, aUsage, HandBridge, HandTimers } from './test-bridge.ts';

const DAY_MS = 86_400_000;

function start(count = 8) {
  const timers = new HandTimers();
  const lines: PoolLine[] = Array.from({ length: count }, (_, index) => ({
    bridgeId: `mini-${index + 1}`,
    lineId: 'ln_1',
    handle: `+1555000000${index}`,
    isOnline: true,
    state: 'active',
    reputation: 'healthy',
    utilization: 0.2,
    acceptsNewContacts: true,
    newContactsLeft: 40,
    warmUp: 1,
    lastUsedAt: timers.now(),
    countedAt: timers.now(),
    unusableSince: null,
  }));
  const notices: CapacityNotice[] = [];
  const pool = new LinePool({
    lines: () => lines,
    assignments: new MemoryAssignmentStore(),
    onCapacityLow: (notice) => notices.push(notice),
    timers,
    random: chance(1),
  });
  const change = (number: number, fields: Partial<PoolLine>) => {
    const index = number - 1;
    const line = lines[index];
    if (line !== undefined) {
      lines[index] = { ...line, ...fields };
    }
  };
  let contacts = 0;
  const fresh = () => {
    contacts += 1;
    return pool.pickLine(`+1212555${String(contacts).padStart(4, '0')}`);
  };
  /** How many of so many new contacts each bridge got. */
  const spread = (picks: number) => {
    const got = new Map<string, number>();
    for (let index = 0; index < picks; index += 1) {
      const name = fresh()?.line.bridgeId ?? 'none';
      got.set(name, (got.get(name) ?? 0) + 1);
    }
    return (name: string) => got.get(name) ?? 0;
  };
  return { timers, pool, change, fresh, spread, notices };
}

describe('a controller with eight bridges', () => {
  const bridges: HandBridge[] = [];
  let server: ControllerServer;
  afterEach(async () => {
    for (const { socket } of bridges.splice(0)) {
      socket.terminate();
    }
    await server.close();
  });

  it('spreads contacts over the lines that they report, and leaves out one that is full and one that is flagged', async () => {
    const timers = new HandTimers();
    server = new ControllerServer({
      cursors: new MemoryCursorStore(),
      token: 'a-token-of-bridges',
      timers,
      onEvent: () => undefined,
      random: chance(2),
    });
    const { url } = await server.listen({ port: 0 });
    for (let number = 1; number <= 8; number += 1) {
      const bridgeId = `mini-${number}`;
      const bridge = new HandBridge(url, 'a-token-of-bridges');
      bridges.push(bridge);
      await bridge.open(aRegister({ bridge_id: bridgeId }));
      const line: WireLine = {
        id: `ln_${number}`,
        handle: `+1555000000${number}`,
        service: 'imessage',
        is_active: true,
        state: number === 3 ? 'flagged' : 'active',
        last_used_at: timers.now(),
      };
      await vi.waitFor(() => expect(bridge.ofType('registered')).toHaveLength(1), 5_000);
      bridge.say({
        type: 'health',
        health: aHealth(bridgeId, [line]),
        usage: aUsage({ used: number === 5 ? 45 : number, at: timers.now() }),
      });
    }
    await vi.waitFor(() => expect(poolLines(server)).toHaveLength(8), 5_000);
    await vi.waitFor(() => expect(server.bridges().every(({ usage }) => usage !== null)).toBe(true), 5_000);
    const got = new Map<string, number>();
    const contacts = Array.from({ length: 120 }, (_, index) => `+1212555${String(index).padStart(4, '0')}`);
    for (const contact of contacts) {
      const name = server.pickLine(contact)?.line.handle ?? 'none';
      got.set(name, (got.get(name) ?? 0) + 1);
    }
    expect([...got.keys()].sort()).toEqual([1, 2, 4, 6, 7, 8].map((number) => `+1555000000${number}`));
    expect(Math.min(...got.values())).toBeGreaterThan(5);
    expect(contacts.every((contact) => server.pickLine(contact)?.reason === 'sticky')).toBe(true);
  });
});

describe('a pool of eight lines', () => {
  it('keeps each contact on its line, however its address is written', () => {
    const { pool } = start();
    const first = pool.pickLine('+12125550101');
    expect(first).toMatchObject({ reason: 'new', previous: null });
    for (const contact of ['+12125550101', '+1 (212) 555-0101']) {
      expect(pool.pickLine(contact)).toEqual({ line: first?.line, reason: 'sticky', previous: null });
    }
  });

  it('gives each line new contacts by what is left of it', () => {
    const { change, spread } = start();
    change(1, { newContactsLeft: 0 });
    change(2, { newContactsLeft: 10 });
    change(3, { newContactsLeft: 40, warmUp: 0.25 });
    const got = spread(100);
    expect(got('mini-1')).toBe(0);
    for (const young of ['mini-2', 'mini-3']) {
      expect(got(young)).toBeGreaterThan(0);
      expect(got(young)).toBeLessThan(got('mini-5'));
    }
    expect(got('none')).toBe(0);
  });

  it('gives no line more than it has left before it has counted anew', () => {
    const { timers, change, spread } = start(2);
    change(1, { newContactsLeft: 3 });
    change(2, { newContactsLeft: 4 });
    const got = spread(10);
    expect([got('mini-1'), got('mini-2'), got('none')]).toEqual([3, 4, 3]);
    timers.advance(15_000);
    change(1, { newContactsLeft: 1, countedAt: timers.now() });
    expect(spread(2)('mini-1')).toBe(1);
  });

  it('goes past 70 % only where no line is under it, and never past 80 %', () => {
    const { change, spread, fresh } = start();
    for (let line = 1; line <= 8; line += 1) {
      change(line, { utilization: 0.75 });
    }
    change(4, { utilization: 0.69 });
    expect(spread(20)('mini-4')).toBe(20);
    change(4, { utilization: 0.79 });
    change(5, { utilization: 0.81 });
    const got = spread(70);
    expect(got('mini-4')).toBeGreaterThan(0);
    expect(got('mini-5')).toBe(0);
    for (let line = 1; line <= 8; line += 1) {
      change(line, { utilization: 0.8 });
    }
    expect(fresh()).toBeNull();
  });

  it.each<[string, Partial<PoolLine>]>([
    ['flagged', { state: 'flagged' }],
    ['paused', { state: 'paused' }],
    ['offline', { isOnline: false }],
    ['at risk', { reputation: 'at_risk' }],
    ['taking no new contacts', { acceptsNewContacts: false }],
  ])('gives no new contact to a line that is %s', (_name, fields) => {
    const { change, spread } = start();
    change(2, fields);
    const got = spread(60);
    expect(got('mini-2')).toBe(0);
    expect(got('mini-3')).toBeGreaterThan(0);
  });

  it('leaves a contact on a line that is only at risk or paused, and answers on one that is flagged', () => {
    const { timers, pool, change } = start(2);
    const own = pool.pickLine('+12125550101');
    const number = own?.line.bridgeId === 'mini-1' ? 1 : 2;
    const since = timers.now();
    change(number, { reputation: 'at_risk', state: 'paused' });
    timers.advance(30 * DAY_MS);
    expect(pool.pickLine('+12125550101')).toMatchObject({ reason: 'sticky' });
    change(number, { state: 'flagged', unusableSince: since });
    expect(pool.pickLine('+12125550101', 'reply')).toMatchObject({ reason: 'sticky' });
  });

  it('moves a contact from a line that is out of use: soon to answer, late to reach out', () => {
    const { timers, pool, change } = start(2);
    const own = pool.pickLine('+12125550101');
    const number = own?.line.bridgeId === 'mini-1' ? 1 : 2;
    change(number, { isOnline: false, unusableSince: timers.now() });
    timers.advance(14 * 60_000);
    expect(pool.pickLine('+12125550101', 'reply')).toMatchObject({ reason: 'sticky' });
    timers.advance(2 * 60_000);
    expect(pool.pickLine('+12125550101', 'outreach')).toMatchObject({ reason: 'sticky' });
    const moved = pool.pickLine('+12125550101', 'reply');
    expect(moved).toMatchObject({
      reason: 'moved',
      line: { bridgeId: `mini-${3 - number}` },
      previous: { bridgeId: `mini-${number}` },
    });
    // From then on that is its line, whatever becomes of the old one.
    change(number, { isOnline: true, unusableSince: null });
    expect(pool.pickLine('+12125550101', 'reply')).toMatchObject({ reason: 'sticky', line: moved?.line });
  });

  it('sends some traffic to a line that has been idle', () => {
    const { timers, change, spread } = start();
    change(8, { lastUsedAt: timers.now() - 8 * DAY_MS, newContactsLeft: 1 });
    expect(spread(1)).toBeDefined();
    let got = 0;
    for (let round = 0; round < 200; round += 1) {
      timers.advance(1_000);
      change(8, { countedAt: timers.now() });
      got += spread(1)('mini-8');
    }
    // By what is left of it, it would have got 1 of 281.
    expect(got).toBeGreaterThan(8);
    expect(got).toBeLessThan(60);
  });

  it('says once that capacity is low, when eight in ten lines are past 70 % or out of use', () => {
    const { pool, change, notices } = start();
    for (let line = 1; line <= 6; line += 1) {
      change(line, { utilization: 0.71 });
    }
    pool.look();
    expect(notices).toEqual([]);
    change(7, { state: 'flagged' });
    pool.look();
    pool.pickLine('+12125550101');
    expect(notices).toMatchObject([{ type: 'pool.capacity_low', lines: 8, full: 7 }]);
    change(7, { state: 'active' });
    pool.look();
    change(7, { isOnline: false });
    pool.look();
    expect(notices).toHaveLength(2);
  });
});
