import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { stringify } from 'yaml';
import { writeFileSync, mkdirSync } from 'node:fs';
import { createBridge, type Bridge } from '../../src/bridge.ts';
import { loadConfig, type LimitOverrides, type PresetName } from '../../src/config/index.ts';
import { instant } from '../../src/domain/index.ts';
import { createLogger, systemClock, type Clock } from '../../src/runtime/index.ts';
import { simulateMac, type SimulatorRequest, type SimulatedMac } from '../../src/simulator/index.ts';
import type { Answer, Json } from './bridge-process.ts';
import { atEnd } from './cleanup.ts';
import { requestJson } from './request-json.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Wednesday, 12:00 in New York, where all of these people live. */
const NOON = Date.UTC(2026, 8, 16, 16);
export const LINE = '+12125559999';
export const KIM = '+12125550101';

/** The nth of many people in New York. */
export const person = (n: number) => `+1212555${String(1_000 + n)}`;

/** A whole bridge over a simulated Mac, asked over HTTP, on a clock that can be stepped. */
export interface LimitsBench {
  readonly mac: SimulatedMac;
  now(): number;
  /** For commands that are to find the bridge. */
  environment(): Readonly<Record<string, string>>;
  /** The bridge is stopped and started again that much later; the Mac lives on. */
  step(ms: number): Promise<void>;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  send(to: string, text: string, fields?: object): Promise<Answer>;
  /** Sends it, and waits until its row proves it. */
  sent(to: string, text: string, fields?: object): Promise<void>;
  item(id: unknown): Promise<Json>;
  /** The contact writes, and the bridge has told of it. */
  writes(from: string, text?: string): Promise<void>;
  /** A person sends from the phone, and the bridge has told of it. */
  phones(to: string, text: string): Promise<void>;
  tells(type: string, data: object): Promise<Json>;
}

/** Ends by itself at the end of the test. */
export async function startLimits(
  preset: PresetName,
  rules: LimitOverrides,
  http: Readonly<Record<string, number>> = {},
): Promise<LimitsBench> {
  const root = mkdtempSync(join(tmpdir(), 'blueline-limits-'));
  atEnd(() => rmSync(root, { recursive: true, force: true }));
  let offsetMs = NOON - Date.now();
  const now = () => Date.now() + offsetMs;
  const clock: Clock = { ...systemClock(), now: () => instant(now()) };
  const mac = await simulateMac({
    folder: join(root, 'mac'),
    line: LINE,
    clock,
    timing: { sentDelayMs: 10, deliveredDelayMs: 20, readDelayMs: 30 },
  });
  atEnd(() => mac.close());
  const home = join(root, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'config.yaml'), stringify({ limits: { preset, rules }, http }));

  const start = async (): Promise<{ bridge: Bridge; url: string; key: string }> => {
    const { config } = loadConfig({
      BLUELINE_HOME: home,
      BLUELINE_HTTP_PORT: '0',
      BLUELINE_MESSAGES_DB: mac.database,
      BLUELINE_OSASCRIPT: mac.osascript,
      BLUELINE_BRIDGE_CLOCK_OFFSET_SECONDS: String(offsetMs / 1000),
    });
    const log = createLogger('silent');
    const bridge = createBridge({ config, version: '0.0.0-test', log, environment: {} });
    const { key } = bridge.keys.create({ name: 'test' });
    const { url } = await bridge.start();
    await until(() =>
      expect(bridge.health.details()).toMatchObject({
        capture: { state: 'following' },
        limits: { history: { phase: 'done' } },
      }),
    );
    return { bridge, url, key };
  };
  let running = await start();
  atEnd(() => running.bridge.stop());

  const request: LimitsBench['request'] = (method, path, body) => requestJson(running, method, path, body);
  const send: LimitsBench['send'] = (to, text, fields = {}) =>
    request('POST', '/v1/messages', { to, text, ...fields });
  const item = async (id: unknown) => (await request('GET', `/v1/outbox/${String(id)}`)).body;
  const events = async (): Promise<readonly Json[]> => {
    const all: Json[] = [];
    for (let after = 0; ;) {
      const { body } = await request('GET', `/v1/events?after=${after}&limit=200`);
      all.push(...(Array.isArray(body['data']) ? body['data'] : []));
      if (body['has_more'] !== true) {
        return all;
      }
      after = Number(body['next_after']);
    }
  };
  const tells: LimitsBench['tells'] = async (type, data) => {
    let found: Json | undefined;
    await until(async () => {
      found = (await events()).find((event) => event['type'] === type && matches(event['data'], data));
      expect(found, `${type} ${JSON.stringify(data)}`).toBeDefined();
    });
    return found ?? {};
  };
  const act = async (command: SimulatorRequest, type: string, text: string) => {
    await mac.run(command);
    await tells(type, { text });
  };
  return {
    mac,
    now,
    environment: () => ({ BLUELINE_URL: running.url, BLUELINE_API_KEY: running.key }),
    request,
    send,
    item,
    tells,
    step: async (ms) => {
      await running.bridge.stop();
      offsetMs += ms;
      running = await start();
    },
    sent: async (to, text, fields) => {
      const { status, body } = await send(to, text, fields);
      expect([status, body['error']]).toEqual([201, null]);
      await until(async () =>
        expect(['sent', 'delivered', 'read']).toContain((await item(body['id']))['state']),
      );
    },
    writes: (from, text = `hi from ${from} at ${now()}`) =>
      act({ command: 'text', args: { from, text } }, 'message.received', text),
    phones: (to, text) => act({ command: 'phone', args: { to, text } }, 'message.sent', text),
  };
}

export function until(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 60_000, interval: 20 });
}

function matches(value: unknown, wanted: object): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(wanted).every(([name, part]) => Reflect.get(value, name) === part)
  );
}
