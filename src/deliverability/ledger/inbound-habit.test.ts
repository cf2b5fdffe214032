import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { instant } from '../../domain/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { inboundHabit } from './inbound-habit.ts';

const HOUR = 3_600_000;
const NOW = instant(500_000 * HOUR);

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-habit-'));
  store = openStore(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** Somebody wrote so many hours ago. */
function wrote(hoursAgo: number, family = 0): void {
  const hour = NOW / HOUR - hoursAgo;
  store.db
    .prepare('INSERT INTO ledger_hours VALUES (?, ?, 1, 0, 0, 0, 0) ON CONFLICT DO NOTHING')
    .run(family, hour);
  store.db
    .prepare(
      `INSERT INTO ledger_facts (source, contact, at, is_out, sort, family, error, was_quiet, is_ours, is_spam)
       VALUES (?, 1, ?, 0, 0, ?, 0, 0, 0, 0)`,
    )
    .run(`${hour}`, hour * HOUR, family);
}

const habit = () => inboundHabit(store)(NOW);

it('is none where nobody wrote, or too few, or not for a week', () => {
  expect(habit()).toEqual({ lastInboundAt: null, longestSilenceMs: null });
  for (let hour = 40; hour > 20; hour -= 1) {
    wrote(hour);
  }
  expect(habit()).toEqual({ lastInboundAt: NOW - 21 * HOUR, longestSilenceMs: null });
});

it('is the longest silence of four weeks but one, whatever came over which service', () => {
  for (let day = 26; day > 1; day -= 1) {
    wrote(day * 24, day % 2);
  }
  expect(habit()).toEqual({ lastInboundAt: NOW - 48 * HOUR, longestSilenceMs: 24 * HOUR });
  // A day on which the line was down is no habit.
  store.db.prepare('DELETE FROM ledger_hours WHERE hour IN (?, ?)').run(NOW / HOUR - 240, NOW / HOUR - 264);
  expect(habit().longestSilenceMs).toBe(24 * HOUR);
  // Twice is one.
  store.db.prepare('DELETE FROM ledger_hours WHERE hour = ?').run(NOW / HOUR - 480);
  expect(habit().longestSilenceMs).toBe(48 * HOUR);
});

it('forgets what is older than four weeks', () => {
  for (let day = 80; day > 30; day -= 1) {
    wrote(day * 24);
  }
  expect(habit()).toEqual({ lastInboundAt: NOW - 31 * 24 * HOUR, longestSilenceMs: null });
});
