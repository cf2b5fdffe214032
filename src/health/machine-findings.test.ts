import { describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import {
  diskFindings,
  keeperFindings,
  machineFindings,
  storeFindings,
  type Sights,
} from './machine-findings.ts';
import { lineFindings, trafficFindings } from './traffic-findings.ts';

const HOUR = 3_600_000;
const NOW = instant(1_800_000_000_000);
const codes = (findings: readonly { readonly code: string }[]) => findings.map((finding) => finding.code);

const WELL: Sights = {
  hasGuiSession: true,
  clockOffset: 0.2,
  node: { isVersionedPlace: false, isAdHoc: false },
  log: { bytes: 5, limitBytes: 10 },
  integrity: 'ok',
  jump: null,
};
const UNSEEN: Sights = {
  hasGuiSession: null,
  clockOffset: null,
  node: null,
  log: null,
  integrity: null,
  jump: null,
};

describe('machineFindings', () => {
  it('has nothing to say of a Mac that is well, or was not looked at', () => {
    expect(machineFindings(WELL, NOW)).toEqual([]);
    expect(machineFindings(UNSEEN, NOW)).toEqual([]);
  });

  it.each<[Partial<Sights>, string]>([
    [{ hasGuiSession: false }, 'no_gui_session'],
    [{ clockOffset: -7 }, 'clock_wrong'],
    [{ clockOffset: 90.5 }, 'clock_wrong'],
    [{ node: { isVersionedPlace: true, isAdHoc: false } }, 'node_not_fixed'],
    [{ node: { isVersionedPlace: false, isAdHoc: true } }, 'node_not_fixed'],
    [{ log: { bytes: 11, limitBytes: 10 } }, 'log_too_large'],
    [{ integrity: 'row 7 missing from index x' }, 'store_corrupt'],
    [{ jump: { at: instant(NOW - HOUR / 2 + 1), ms: 8 * HOUR } }, 'time_jumped'],
    [{ jump: { at: instant(NOW - 1), ms: -8 * HOUR } }, 'time_jumped'],
  ])('of %j', (seen, code) => {
    expect(codes(machineFindings({ ...WELL, ...seen }, NOW))).toEqual([code]);
  });

  it('does not tell of a sleep for ever', () => {
    const jump = { at: instant(NOW - HOUR / 2), ms: 8 * HOUR };
    expect(machineFindings({ ...WELL, jump }, NOW)).toEqual([]);
  });

  it('tells a sleep from a clock that was set back', () => {
    const told = (ms: number) => machineFindings({ ...WELL, jump: { at: NOW, ms } }, NOW)[0]?.detail;
    expect(told(8 * HOUR)).toContain('480 min');
    expect(told(-HOUR)).toContain('set back by 60 min');
  });
});

describe('storeFindings', () => {
  const SOUND = { isSuspect: false, setAside: [], restoredAt: null };

  it('tells of damage, and of a damaged store as long as it lies there', () => {
    expect(storeFindings(SOUND, NOW)).toEqual([]);
    expect(storeFindings({ ...SOUND, setAside: ['blueline.db.replaced-20261129-081200'] }, NOW)).toEqual([]);
    const damaged = 'blueline.db.damaged-20261129-081200';
    expect(storeFindings({ ...SOUND, isSuspect: true, setAside: [damaged] }, NOW)).toEqual([
      { code: 'store_corrupt' },
      { code: 'store_rebuilt', detail: `It lies in the data folder as ${damaged}.` },
    ]);
  });

  it('tells for half an hour that it was put back', () => {
    const restored = (agoMs: number) => storeFindings({ ...SOUND, restoredAt: instant(NOW - agoMs) }, NOW);
    expect(restored(HOUR / 2)).toEqual([]);
    expect(codes(restored(HOUR / 2 - 1))).toEqual(['store_restored']);
  });
});

describe('diskFindings', () => {
  it.each([
    [null, 500, []],
    [600_000_000, 500_000_000, []],
    [400_000_000, 500_000_000, ['disk_full']],
    [90_000_000, 500_000_000, ['disk_nearly_full', 'disk_full']],
    [90_000_000, 0, ['disk_nearly_full']],
  ])('of %s free, %s reserved', (freeBytes, reserveBytes, expected) => {
    expect(codes(diskFindings({ freeBytes, reserveBytes, refusedAt: null }))).toEqual(expected);
  });
});

describe('keeperFindings', () => {
  it('says why Messages is left closed, and that nothing holds this Mac awake', () => {
    expect(keeperFindings({ isAwake: null, leftClosed: null })).toEqual([]);
    expect(keeperFindings({ isAwake: true, leftClosed: { because: 'paused', until: null } })).toEqual([
      { code: 'messages_not_running', detail: 'It is left closed while a person has paused the line.' },
    ]);
    expect(keeperFindings({ isAwake: false, leftClosed: { because: 'does_not_last', until: NOW } })).toEqual([
      { code: 'messages_not_running', detail: expect.stringContaining(new Date(NOW).toISOString()) },
      { code: 'sleep_not_prevented' },
    ]);
  });
});

describe('trafficFindings', () => {
  const silent = (hours: number, longest: number | null) =>
    codes(
      trafficFindings(
        {
          lastInboundAt: instant(NOW - hours * HOUR),
          longestSilenceMs: longest === null ? null : longest * HOUR,
          lastAt: null,
          idleDays: 30,
        },
        NOW,
      ),
    );

  it('measures silence by the habit of the line', () => {
    expect(silent(30, 20)).toEqual([]);
    expect(silent(31, 20)).toEqual(['inbound_silent']);
    expect(silent(5.9, 1)).toEqual([]);
    expect(silent(6.1, 1)).toEqual(['inbound_silent']);
    expect(silent(1_000, null)).toEqual([]);
  });

  it('tells of a line on which nothing goes', () => {
    const idle = (days: number, idleDays: number | null) =>
      codes(
        trafficFindings(
          { lastInboundAt: null, longestSilenceMs: null, lastAt: instant(NOW - days * 24 * HOUR), idleDays },
          NOW,
        ),
      );
    expect([idle(29, 30), idle(30, 30), idle(99, null)]).toEqual([[], ['line_idle'], []]);
  });
});

it('knows a line that is not the one that was meant', () => {
  expect(lineFindings({ wanted: null, used: '+15550001111' })).toEqual([]);
  expect(lineFindings({ wanted: '+15550001111', used: null })).toEqual([]);
  expect(lineFindings({ wanted: '+15550001111', used: '+15550001111' })).toEqual([]);
  expect(codes(lineFindings({ wanted: '+15550001111', used: 'kim@example.com' }))).toEqual(['wrong_line']);
});
