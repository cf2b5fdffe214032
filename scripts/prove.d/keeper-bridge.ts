import { join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { createBridge } from '../../src/bridge.ts';
import { loadConfig } from '../../src/config/index.ts';
import { healthSchema, type WireHealth } from '../../src/contract/index.ts';
import { createLogger, type Clock } from '../../src/runtime/index.ts';
import type { Answer } from '../../test/support/bridge-process.ts';
import { requestJson } from '../../test/support/request-json.ts';
import { LINE, type StormMac } from './keeper-mac.ts';

const cursorSchema = z.object({ rowId: z.int(), databaseId: z.string().nullable() });
const eventsSchema = z.object({
  data: z.array(z.looseObject({ type: z.string(), data: z.looseObject({}) })),
  has_more: z.boolean(),
  next_after: z.int(),
});

/** A whole bridge in this process, on the storm's clock and Mac. What is asked of it is asked over REST. */
export interface StormBridge {
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  health(): Promise<WireHealth>;
  events(types: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Up to where chat.db has been told, as the daemon's own file says. */
  cursor(): z.infer<typeof cursorSchema> | null;
  stop(): Promise<void>;
}

export async function startBridge(options: {
  readonly folder: string;
  readonly home: string;
  readonly clock: Clock;
  readonly mac: StormMac;
  /** Bytes of its disk below which it is to call it full. */
  readonly reserveBytes: number;
  /** `silent`, or how much of its log goes to stdout. */
  readonly logLevel: 'silent' | 'info' | 'debug';
}): Promise<StormBridge> {
  const { folder, home, clock, mac } = options;
  const { config } = loadConfig({
    BLUELINE_HOME: home,
    BLUELINE_HTTP_PORT: '0',
    BLUELINE_MESSAGES_DB: mac.mac.database,
    BLUELINE_OSASCRIPT: mac.osascript,
    BLUELINE_MAC_TOOLS: mac.tools.folder,
    BLUELINE_LIMITS_PRESET: 'off',
    BLUELINE_LINES_SENDABLE: LINE,
    BLUELINE_FILES_RESERVE_BYTES: String(options.reserveBytes),
  });
  const bridge = createBridge({
    config,
    version: '0.0.0-storm',
    log: createLogger(options.logLevel),
    logFolder: folder,
    environment: {},
    clock,
  });
  const { key } = bridge.keys.create({ name: 'storm' });
  const { url } = await bridge.start();
  const db = new Database(join(home, 'blueline.db'), { readonly: true });
  const selectCursor = db.prepare<[], string>('SELECT body FROM capture_cursor WHERE id = 1').pluck();
  const request: StormBridge['request'] = (method, path, body) =>
    requestJson({ url, key }, method, path, body);
  return {
    request,
    health: async () => healthSchema.parse((await request('GET', '/health')).body),
    events: async (types) => {
      const all: z.infer<typeof eventsSchema>['data'] = [];
      for (let after = 0, hasMore = true; hasMore;) {
        const page = eventsSchema.parse(
          (await request('GET', `/v1/events?types=${types}&after=${after}`)).body,
        );
        all.push(...page.data);
        after = page.next_after;
        hasMore = page.has_more;
      }
      return all;
    },
    cursor: () => {
      const body = selectCursor.get();
      return body === undefined ? null : cursorSchema.parse(JSON.parse(body));
    },
    stop: async () => {
      if (db.open) {
        db.close();
        await bridge.stop();
      }
    },
  };
}
