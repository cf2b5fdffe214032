import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ManualClock } from '../runtime/index.ts';
import { commandSchema, type SimulatorRequest } from './command.ts';
import { simulateMac, type SimulatedMac, type SimulateOptions } from './simulated-mac.ts';
import { parseWords } from './words.ts';

/** How a script ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gets what a script has written to stderr as it grows, and may end it. */
type Watch = (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;

/** A simulated Mac on a clock that stands still, and the scripts that a daemon would run. */
export interface TestMac {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly mac: SimulatedMac;
  run(request: SimulatorRequest): Promise<unknown>;
  /** The same in plain words, as a person types it. */
  ask(words: string): Promise<unknown>;
  /** Runs the stand-in as the daemon does. */
  osascript(script: string, args: readonly string[], watch?: Watch): Promise<Ended>;
  /** Every row of a table of chat.db, by ROWID. */
  rows(table?: string): Record<string, unknown>[];
  close(): Promise<void>;
}

export async function startTestMac(
  options: Omit<Partial<SimulateOptions>, 'clock' | 'folder'> = {},
): Promise<TestMac> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-mac-'));
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 9));
  const mac = await simulateMac({ ...options, folder: join(folder, 'mac'), clock });
  return {
    folder,
    clock,
    mac,
    run: (request) => mac.run(request),
    ask: (words) => mac.run(commandSchema.parse(parseWords(words))),
    osascript: (script, args, watch) =>
      new Promise((resolve) => {
        const child = spawn(mac.osascript, ['-l', 'AppleScript', '-', ...args]);
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk: Buffer) => {
          stdout += chunk.toString();
        });
        child.stderr.on('data', (chunk: Buffer) => {
          stderr += chunk.toString();
          watch?.(stderr, (signal) => child.kill(signal));
        });
        child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
        child.stdin.end(`-- blueline ${script} 1\non run argv\nend run\n`);
      }),
    rows: (table = 'message') => {
      const db = new Database(mac.database, { readonly: true });
      const found = db
        .prepare<[], Record<string, unknown>>(`SELECT ROWID, * FROM ${table} ORDER BY ROWID`)
        .all();
      db.close();
      return found;
    },
    close: async () => {
      await mac.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ends the script as soon as it has found its target. */
export const killAtSend: Watch = (stderr, kill) => {
  if (stderr.includes('phase: resolved')) {
    kill('SIGTERM');
  }
};
