import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSimulator, type SimulateOptions, type SimulatorProcess } from '../../src/simulator/index.ts';
import { atEnd } from './cleanup.ts';
import { noteCanaries } from './kept-logs.ts';

/** A simulated Mac in a process of its own, in a folder that goes with it. */
export type Mac = SimulatorProcess;

/** Ends by itself at the end of the test. */
export async function startMac(options: Omit<SimulateOptions, 'clock' | 'folder'> = {}): Promise<Mac> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-mac-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const mac = await spawnSimulator({ ...options, folder, clockOffsetMs: 0 });
  atEnd(() => mac.stop());
  return {
    ...mac,
    command: (...args) => {
      noteCanaries(...Object.values(Object(Object(args[0]).args)));
      return mac.command(...args);
    },
  };
}
