/**
 * The demo, `scripts/demo [--once]`: a simulated Mac, the daemon, and a controller, each for real; a conversation between
 * them, and what is left of it. `--once` ends after it; without, it stays for you to try.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { spawnSimulator } from '../../src/simulator/index.ts';
import { readOptions } from '../lib/options.ts';
import { connectController } from './controller.ts';
import { startDaemon } from './daemon.ts';
import { play } from './play.ts';
import { check, printSummary } from './summary.ts';
import { transcriptLine } from './transcript.ts';

/** The demo has an hour of its own, so that it is the same at any time of the day: a Wednesday, 10:00 in New York. */
const START = Date.parse('2026-09-16T14:00:00Z');
const ZONE = 'America/New_York';
const LINE = '+12125550199';

const values = readOptions({ once: { type: 'boolean', default: false } });
process.exitCode = await demo(values.once);

async function demo(isOnce: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-demo-'));
  const clockOffsetMs = START - Date.now();
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const closing: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    console.log(
      pc.bold('Blueline demo') +
        pc.dim(`: a simulated Mac (macOS 26), its line ${LINE}, Wednesday 10:00 in New York\n`),
    );
    const mac = await spawnSimulator({ folder: join(folder, 'mac'), era: '26', line: LINE, clockOffsetMs });
    closing.push(() => mac.stop());
    const home = join(folder, 'home');
    const daemon = await startDaemon({ ...mac, home, clockOffsetMs, port: 0 });
    closing.push(() => daemon.stop());
    const controller = await connectController(daemon.url, daemon.key, (event) => {
      const line = transcriptLine(event, ZONE);
      if (line !== null) {
        console.log(line);
      }
    });
    closing.push(() => controller.close());
    const started = performance.now();
    const wasEnded = await Promise.race([
      play(mac, controller).then(() => false),
      interrupted.then(() => true),
    ]);
    if (wasEnded) {
      return 130;
    }
    const checks = check(controller.events, await mac.state(), await controller.health());
    printSummary(controller.events, checks, (performance.now() - started) / 1000);
    if (!isOnce) {
      console.log(invitation(daemon.url, daemon.key, home));
      await interrupted;
      console.log('\nEnding the demo …');
      return 0;
    }
    return checks.every((item) => item.isOk) ? 0 : 1;
  } catch (error) {
    console.error(pc.red(error instanceof Error ? error.message : String(error)));
    return 1;
  } finally {
    for (const close of closing.toReversed()) {
      await close();
    }
  }
}

function invitation(url: string, key: string, home: string): string {
  return `
${pc.bold('It stays up; what you do shows here.')} In a second terminal, in this folder:

  export BLUELINE_HOME=${home}
  scripts/blueline status
  scripts/blueline tail
  scripts/blueline send +12125550101 "Dessert is on the house"

  URL  ${url}
  key  ${key}

Ctrl-C ends it and removes everything.`;
}
