import { readdirSync, readFileSync } from 'node:fs';
import { arch, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readMachine } from '../host/index.ts';
import { describeStore } from '../store/index.ts';
import type { Agent } from './agent.ts';
import { connectApi } from './api-client.ts';
import { diagnose } from './diagnose.ts';
import { redact, redactConfig } from './redact.ts';
import type { Session } from './session.ts';
import { version } from './version.ts';

/** Of each log its end: enough for what went wrong, and small enough to be sent. */
const LOG_BYTES = 2_097_152;

/** What a bug report needs, by file name, without a text, an address or a key. What cannot be had is left out, and listed. */
export async function bundleFiles(
  session: Session,
  agent: Agent,
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly missing: readonly string[] }> {
  const { layout, host } = agent;
  const files = new Map<string, string>();
  const missing: string[] = [];
  const add = async (name: string, make: () => unknown) => {
    try {
      const content = await make();
      if (content === null) {
        missing.push(name);
      } else {
        const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
        files.set(name, redact(text, layout.home));
      }
    } catch {
      missing.push(name);
    }
  };
  await add('about.json', async () => ({
    blueline: version(),
    node: process.version,
    machine: { ...(await readMachine(host)), arch: arch(), kernel: release(), memory: totalmem() },
  }));
  await add('doctor.json', () => diagnose(session));
  await add('agent.json', () => agent.job());
  await add('health.json', () => readHealth(session));
  await add('store.json', () => describeStore(layout.store));
  await add('config.yaml', () =>
    redactConfig(readFileSync(join(layout.data, 'config.yaml'), 'utf8'), layout.home),
  );
  await add('agent.plist', () => readFileSync(layout.plist, 'utf8'));
  for (const name of logNames(layout.logs)) {
    await add(`logs/${name}`, () => endOf(join(layout.logs, name)));
  }
  return { files, missing };
}

/** Without the lines: they are addresses. */
async function readHealth(session: Session): Promise<object> {
  const api = connectApi(session, 'optional');
  const { data } = await api.get({ path: '/health', answer: z.looseObject({}), alsoGood: [503] });
  return { ...data, lines: undefined };
}

function logNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /\.log(?:\.old)?$/u.test(name));
  } catch {
    return [];
  }
}

/** From the first whole line on. */
function endOf(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length <= LOG_BYTES) {
    return bytes.toString('utf8');
  }
  const end = bytes.subarray(-LOG_BYTES);
  return end.subarray(end.indexOf('\n') + 1).toString('utf8');
}
