import { beforeEach, describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { createHealth, type Health, type HealthFacts } from './health.ts';
import type { Finding } from './to-warnings.ts';
import type { WarningCode } from './warnings.ts';

const START = 1_800_000_000_000;
const FACTS: HealthFacts = {
  messagesAppRunning: true,
  lastMessageSentAt: null,
  pendingCommands: 0,
  deferredCommands: 0,
  oldestDueAt: null,
};

/** What the parts of a bridge would say, to be changed by the test. */
interface World {
  findings: () => readonly Finding[];
  facts: () => HealthFacts;
  details: () => Readonly<Record<string, unknown>>;
  listen: () => void;
}

let clock: ManualClock;
let world: World;
let reads: number;
let told: (readonly [string, readonly WarningCode[]])[];
let health: Health;

beforeEach(() => {
  clock = new ManualClock(START);
  reads = 0;
  told = [];
  world = { findings: () => [], facts: () => FACTS, details: () => ({}), listen: () => undefined };
  health = createHealth({
    bridgeId: 'mini-1',
    version: '0.1.0',
    clock,
    startedAt: instant(START),
    probes: [
      () => {
        reads += 1;
        return world.findings();
      },
    ],
    facts: () => world.facts(),
    details: () => world.details(),
    onChange: (status, codes) => {
      world.listen();
      told.push([status, codes]);
    },
  });
});

const broken = (): never => {
  throw new Error('disk I/O error');
};

describe('the snapshot', () => {
  it('has the fields of the wire, and leaves out times that there are none of', () => {
    health.start();
    expect(health.snapshot()).toStrictEqual({
      bridgeId: 'mini-1',
      status: 'healthy',
      messagesAppRunning: true,
      pendingCommands: 0,
      uptime: 0,
      deferredCommands: 0,
      warnings: [],
      version: '0.1.0',
      checked_at: START,
    });
  });

  it('tells times in ms and the uptime in seconds', () => {
    health.start();
    world.facts = () => ({
      ...FACTS,
      lastMessageSentAt: instant(START + 500),
      pendingCommands: 3,
      deferredCommands: 1,
      oldestDueAt: instant(START + 1_000),
    });
    clock.advance(12_000);
    expect(health.snapshot()).toMatchObject({
      lastMessageSentAt: START + 500,
      pendingCommands: 3,
      deferredCommands: 1,
      oldestDueMs: 11_000,
      uptime: 12,
      checked_at: START + 12_000,
    });
  });

  it('is answered from memory however often it is asked', () => {
    health.start();
    const before = reads;
    for (let i = 0; i < 1_000; i += 1) {
      health.snapshot();
      health.details();
    }
    expect(reads).toBe(before);
  });

  it('follows the state within a second', () => {
    health.start();
    world.findings = () => [{ code: 'messages_not_responding' }];
    clock.advance(1_000);
    expect(health.snapshot()).toMatchObject({
      status: 'unhealthy',
      warnings: [{ code: 'messages_not_responding' }],
    });
    world.findings = () => [];
    clock.advance(1_000);
    expect(health.snapshot()).toMatchObject({ status: 'healthy', warnings: [] });
  });

  it('is never older than 10 s, not even before the start, after the stop or when the clock is set back', () => {
    expect(health.snapshot().checked_at).toBe(START);
    health.start();
    health.stop();
    health.stop();
    clock.advance(10_000);
    expect(health.snapshot().checked_at).toBe(START);
    clock.advance(1);
    expect(health.snapshot().checked_at).toBe(START + 10_001);
  });

  it('stays healthy with warnings that only degrade', () => {
    world.findings = () => [{ code: 'unknown_outcomes', detail: 'It concerns 2 commands.' }];
    health.refresh();
    const { status, warnings } = health.snapshot();
    expect([status, health.status]).toEqual(['healthy', 'healthy']);
    expect(warnings[0]?.text).toMatch(/by themselves\. It concerns 2 commands\.$/u);
  });
});

describe('what throws', () => {
  it('turns the facts into a warning and keeps the last known ones', () => {
    world.facts = () => ({ ...FACTS, pendingCommands: 7 });
    health.refresh();
    world.facts = broken;
    health.refresh();
    clock.advance(1_000);
    health.refresh();
    expect(health.snapshot()).toMatchObject({
      status: 'unhealthy',
      pendingCommands: 7,
      warnings: [{ code: 'store_failing' }],
    });
  });

  it('turns the details into a warning without losing the rest', () => {
    world.details = () => ({ last_sequence: 9 });
    health.refresh();
    expect(health.details()).toEqual({ last_sequence: 9 });
    world.details = broken;
    health.refresh();
    expect(health.details()).toEqual({});
    health.refresh();
    clock.advance(1_000);
    health.refresh();
    expect(health.snapshot().warnings.map((warning) => warning.code)).toEqual(['store_failing']);
  });

  it('never hides that a probe could not tell', () => {
    world.findings = broken;
    health.refresh();
    expect(health.snapshot()).toMatchObject({ status: 'unhealthy', warnings: [{ code: 'probe_failed' }] });
  });
});

describe('onChange', () => {
  it('says nothing of a bridge that starts healthy, and tells the first trouble at the start', () => {
    health.start();
    expect(told).toEqual([]);
    health.stop();
    world.findings = () => [{ code: 'automation_denied' }];
    health.start();
    expect(told).toEqual([['unhealthy', ['automation_denied']]]);
  });

  it('tells each change of status or codes once, whatever else moves', () => {
    health.start();
    const steps: readonly (readonly Finding[])[] = [
      [{ code: 'capture_behind', detail: '3 rows.' }],
      [{ code: 'capture_behind', detail: '4 rows.' }],
      [{ code: 'capture_behind' }, { code: 'messages_not_responding' }],
      [{ code: 'messages_not_responding' }, { code: 'capture_behind' }, { code: 'capture_behind' }],
      [],
    ];
    for (const findings of steps) {
      world.findings = () => findings;
      clock.advance(5_000);
    }
    expect(told).toEqual([
      ['healthy', ['capture_behind']],
      ['unhealthy', ['capture_behind', 'messages_not_responding']],
      ['healthy', []],
    ]);
  });

  it('tells again what the listener failed to take', () => {
    health.start();
    world.findings = () => [{ code: 'store_failing' }];
    world.listen = broken;
    clock.advance(3_000);
    expect(told).toEqual([]);
    world.listen = () => undefined;
    clock.advance(1_000);
    expect(told).toEqual([['unhealthy', ['store_failing']]]);
  });
});
