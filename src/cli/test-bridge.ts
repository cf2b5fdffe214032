import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBridge, type Bridge } from '../bridge.ts';
import { loadConfig } from '../config/index.ts';
import { createLogger, Disposal, systemClock } from '../runtime/index.ts';
import { simulateMac, type SimulatedMac } from '../simulator/index.ts';
import { ensureCliKey } from './cli-key.ts';
import { writeDaemonFile } from './daemon-file.ts';
import type { Environment } from './io.ts';

/** A real bridge on a simulated Mac, both in this process, with all that commands find of one. */
export interface TestBridge {
  readonly mac: SimulatedMac;
  readonly bridge: Bridge;
  readonly url: string;
  /** For commands that are to find it. */
  readonly environment: Environment;
  stop(): Promise<void>;
}

export async function startTestBridge(): Promise<TestBridge> {
  const root = mkdtempSync(join(tmpdir(), 'blueline-bench-'));
  const disposal = new Disposal();
  disposal.add('folder', () => rmSync(root, { recursive: true, force: true }));
  const mac = await simulateMac({
    folder: join(root, 'mac'),
    clock: systemClock(),
    timing: { sentDelayMs: 20, deliveredDelayMs: 40, readDelayMs: 60 },
  });
  disposal.add('mac', () => mac.close());
  const home = join(root, 'home');
  const settings = {
    BLUELINE_HOME: home,
    BLUELINE_HTTP_PORT: '0',
    BLUELINE_MESSAGES_DB: mac.database,
    BLUELINE_OSASCRIPT: mac.osascript,
    BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
    BLUELINE_LIMITS_PRESET: 'off',
  };
  const { config } = loadConfig(settings);
  const bridge = createBridge({
    config,
    version: '0.0.0-test',
    log: createLogger('silent'),
    environment: {},
  });
  disposal.add('bridge', () => bridge.stop());
  ensureCliKey(home, bridge.keys);
  const { url } = await bridge.start();
  writeDaemonFile(home, { url, pid: process.pid, startedAt: Date.now() });
  return { mac, bridge, url, environment: { BLUELINE_HOME: home }, stop: () => disposal.close() };
}
