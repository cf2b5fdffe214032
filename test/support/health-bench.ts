import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { createBridge, type Bridge } from '../../src/bridge.ts';
import { loadConfig } from '../../src/config/index.ts';
import { diagnosisSchema, healthSchema } from '../../src/contract/index.ts';
import { createLogger } from '../../src/runtime/index.ts';
import { simulateMac, type SimulatedMac } from '../../src/simulator/index.ts';
import type { Answer, Json } from './bridge-process.ts';
import { atEnd } from './cleanup.ts';
import { startMacTools, type MacTools } from './mac-tools.ts';
import { PumpedClock } from './pumped-clock.ts';
import { requestJson } from './request-json.ts';

export const LINE = '+15550009999';
export const KIM = '+15550001111';
const STEP_MS = 1_000;
const LEAP_MS = 3_000;
const PATIENCE_MS = 5_000;
/** Bytes of the log's files; all of them may hold twice as much. */
export const LOG_BYTES = 65_536;

const eventsSchema = z.object({
  // `bridge.started` has none: it begins anew.
  data: z.array(z.looseObject({ data: z.looseObject({ codes: z.array(z.string()).default([]) }) })),
  has_more: z.boolean(),
  next_after: z.int(),
});

/** The reading process of capture, and what a test makes it say in place of the truth. */
export interface ReaderLine {
  readonly child: () => ChildProcess;
  /** What it last said of each kind. */
  readonly heard: Map<string, Json>;
  readonly lies: Set<(message: Json) => Json>;
  /** The scripts that run now. */
  readonly scripts: ReadonlySet<unknown>;
  /** It stands still, as will every one that is started in its place. */
  isHeld: boolean;
}

/** A whole bridge on a simulated Mac with stand-ins for macOS's tools, in this process, on a clock that can be let go. */
export interface HealthBench {
  readonly mac: SimulatedMac;
  readonly tools: MacTools;
  /** What the bridge calls for `osascript`. */
  readonly osascript: string;
  readonly clock: PumpedClock;
  readonly home: string;
  readonly logs: string;
  readonly store: string;
  readonly reader: ReaderLine;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  send(text: string): Promise<string>;
  /** The warnings of `/health`, as anybody on this Mac reads them. */
  codes(): Promise<readonly string[]>;
  /** Those that the doctor tells. */
  doctorCodes(): Promise<readonly string[]>;
  /** After each `bridge.started` and `bridge.health_changed`: the codes that hold, as a reader of the journal knows them. */
  told(): Promise<readonly (readonly string[])[]>;
  /** Scripts hang, and are not waited for. */
  isHanging: boolean;
  /** From now on Messages itself answers how it is; or again something quick, for which it is always well. */
  askMac(isAsked: boolean): void;
  /** Lets time pass, while the reading process goes on saying that it lives. */
  pass(ms: number): Promise<void>;
  /** The same in leaps, each too short to be taken for a sleep: timers go by what passes in between alone. */
  leap(ms: number): Promise<void>;
  /** Works on our own store from outside. */
  onStore(sql: string): void;
  restart(settings: Readonly<Record<string, string>>, between?: () => void | Promise<void>): Promise<void>;
}

export async function startHealthBench(
  reader: ReaderLine,
  settings: Readonly<Record<string, string>>,
  fill: (mac: SimulatedMac, clock: PumpedClock) => Promise<void>,
): Promise<HealthBench> {
  const root = mkdtempSync(join(tmpdir(), 'blueline-health-'));
  atEnd(() => rmSync(root, { recursive: true, force: true }));
  const [home, logs] = [join(root, 'home'), join(root, 'logs')];
  [home, logs].forEach((folder) => mkdirSync(folder));
  const clock = new PumpedClock();
  atEnd(() => clock.stop());
  const tools = startMacTools();
  const timing = { sentDelayMs: 10, deliveredDelayMs: 20, readDelayMs: 30 };
  const mac = await simulateMac({ folder: join(root, 'mac'), line: LINE, clock, timing });
  atEnd(() => mac.close());
  await fill(mac, clock);

  const quick = join(root, 'quick');
  const osascript = join(root, 'osascript');
  writeFileSync(osascript, wrapperOf(mac.osascript, quick), { mode: 0o755 });
  writeFileSync(quick, '');
  const start = async (changed: Readonly<Record<string, string>>) => {
    const environment = {
      BLUELINE_HOME: home,
      BLUELINE_HTTP_PORT: '0',
      BLUELINE_MESSAGES_DB: mac.database,
      BLUELINE_OSASCRIPT: osascript,
      BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
      BLUELINE_MESSAGES_BREAKER_UNKNOWNS: '0',
      BLUELINE_LINES_SENDABLE: LINE,
      BLUELINE_LOG_FILE_BYTES: String(LOG_BYTES),
      BLUELINE_LOG_FILES: '1',
      ...changed,
      ...(changed['BLUELINE_MAC_TOOLS'] === undefined ? {} : { BLUELINE_MAC_TOOLS: tools.folder }),
    };
    const log = createLogger('silent');
    const { config } = loadConfig(environment);
    const bridge = createBridge({
      config,
      version: '0.0.0-test',
      log,
      logFolder: logs,
      environment: {},
      clock,
    });
    const { key } = bridge.keys.create({ name: 'test' });
    const { url } = await bridge.start();
    return { bridge, url, key };
  };
  let running: { readonly bridge: Bridge; readonly url: string; readonly key: string } =
    await start(settings);
  atEnd(() => running.bridge.stop());

  const request: HealthBench['request'] = (method, path, body) => requestJson(running, method, path, body);
  const store = join(home, 'blueline.db');
  const pass = async (ms: number, leap: number): Promise<void> => {
    for (let past = 0; past < ms; past += STEP_MS + leap) {
      // A question to Messages takes real time: its deadline must not pass before it could be answered.
      for (let waited = 0; reader.scripts.size > 0 && !bench.isHanging && waited < PATIENCE_MS; waited += 2) {
        await pause(2);
      }
      const word = reader.heard.get('beat') ?? reader.heard.get('status');
      if (word !== undefined && !reader.isHeld) {
        reader.child().emit('message', word);
      }
      clock.jump(leap);
      clock.advance(STEP_MS);
      await turn();
    }
  };
  const bench: HealthBench = {
    mac,
    tools,
    osascript,
    clock,
    home,
    logs,
    store,
    reader,
    isHanging: false,
    request,
    send: async (text) => {
      const answer = await request('POST', '/v1/messages', { to: KIM, text });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return String(answer.body['id']);
    },
    codes: async () => {
      const answer = await fetch(`${running.url}/health`);
      return healthSchema.parse(await answer.json()).warnings.map(({ code }) => code);
    },
    doctorCodes: async () => {
      const { checks } = diagnosisSchema.parse((await request('GET', '/v1/bridge/doctor')).body);
      return checks.flatMap(({ id }) => (id.startsWith('health.') ? [id.slice('health.'.length)] : []));
    },
    told: async () => {
      const told: string[][] = [];
      for (let after = 0, hasMore = true; hasMore;) {
        const query = `types=bridge.started,bridge.health_changed&after=${after}`;
        const page = eventsSchema.parse((await request('GET', `/v1/events?${query}`)).body);
        told.push(...page.data.map(({ data }) => data.codes));
        after = page.next_after;
        hasMore = page.has_more;
      }
      return told;
    },
    pass: (ms) => pass(ms, 0),
    leap: (ms) => pass(ms, LEAP_MS),
    askMac: (isAsked) => (isAsked ? rmSync(quick, { force: true }) : writeFileSync(quick, '')),
    onStore: (sql) => {
      const db = new Database(store);
      db.unsafeMode();
      db.exec(sql);
      db.close();
    },
    restart: async (changed, between = () => undefined) => {
      await running.bridge.stop();
      await between();
      running = await start(changed);
    },
  };
  await until(async () =>
    expect((await request('GET', '/health')).body['capture']).toMatchObject({ state: 'following' }),
  );
  return bench;
}

/** While `quick` is there, `probe` is answered at once: the rest of a bridge can be tested without. */
function wrapperOf(osascript: string, quick: string): string {
  const answer = String.raw`running: true\naccount: A\tiMessage\ttrue\tconnected\n`;
  return `#!/bin/sh
[ -e '${quick}' ] || exec '${osascript}' "$@"
IFS= read -r first
case "$first" in
  '-- blueline probe'*) printf '${answer}' ;;
  *) { printf '%s\\n' "$first"; cat; } | '${osascript}' "$@" ;;
esac
`;
}

export function until(assertion: () => unknown): Promise<unknown> {
  return vi.waitFor(assertion, { timeout: 10_000, interval: 25 });
}
