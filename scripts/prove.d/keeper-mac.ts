import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMacTools, type MacTools } from '../../test/support/mac-tools.ts';
import {
  spawnSimulator,
  type Fault,
  type SimulatorProcess,
  type SimulatorRequest,
  type SimulatorState,
} from '../../src/simulator/index.ts';
import { ACCOUNT_GUID } from '../../src/simulator/own-account.ts';
import type { StormClock } from './keeper-clock.ts';
import type { KeeperAct } from './keeper-judge.ts';

export const LINE = '+15550009999';
const TIMING = { joinDelayMs: 0, sentDelayMs: 10, deliveredDelayMs: 20, readDelayMs: 30 };

/** What keeps Messages from answering. */
interface Sick {
  /** `hang`: nothing is answered. `sheet`: a window that waits for a person holds every send, or fails it. */
  readonly what: 'hang' | 'sheet';
  /** It also keeps Messages from ending when it is asked: by a script for a sheet, by SIGTERM for a hang. */
  readonly isStubborn: boolean;
  readonly holds: Fault;
}

/**
 * The storm's Mac: Messages is simulated; `open` and `pkill` do to it what macOS would. Only such a relaunch cures what
 * hangs. How Messages is when all is well is answered by a shell, so that days do not cost hours.
 */
export class StormMac {
  readonly mac: SimulatorProcess;
  readonly tools: MacTools;
  readonly osascript: string;
  readonly acts: KeeperAct[] = [];
  readonly #clock: StormClock;
  readonly #mode: string;
  readonly #refusal: string;
  readonly #standing = new Map<string, Fault>();
  #sick: Sick | null = null;
  #isRunning = true;
  #readUpTo = 0;

  private constructor(mac: SimulatorProcess, tools: MacTools, clock: StormClock, folder: string) {
    this.mac = mac;
    this.tools = tools;
    this.#clock = clock;
    this.osascript = join(folder, 'osascript');
    this.#mode = join(folder, 'mode');
    this.#refusal = join(folder, 'refuses-to-quit');
    writeFileSync(
      this.osascript,
      wrapperOf({
        osascript: mac.osascript,
        mode: this.#mode,
        refusal: this.#refusal,
        calls: join(tools.folder, 'calls'),
      }),
      { mode: 0o755 },
    );
    this.#show();
  }

  static async start(folder: string, clock: StormClock): Promise<StormMac> {
    const mac = await spawnSimulator({
      folder: join(folder, 'mac'),
      line: LINE,
      clockOffsetMs: 0,
      timing: TIMING,
    });
    return new StormMac(mac, startMacTools(), clock, folder);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Scripts may hang: they are not to be waited for. */
  get isSick(): boolean {
    return this.#sick !== null;
  }

  run(request: SimulatorRequest): Promise<unknown> {
    return this.mac.command(request);
  }

  state(): Promise<SimulatorState> {
    return this.mac.state();
  }

  /** Messages is gone, and with it whatever kept it from answering. */
  async end(how: 'quit' | 'kill'): Promise<void> {
    await this.run({ command: how });
    this.#isRunning = false;
    this.#sick = null;
    await this.#arm();
  }

  async reopen(): Promise<void> {
    await this.run({ command: 'reopen' });
    this.#isRunning = true;
    this.#show();
  }

  async freeze(isStubborn: boolean): Promise<void> {
    this.#sick = { what: 'hang', isStubborn, holds: { name: 'frozen' } };
    await this.#arm();
  }

  async showSheet(isStubborn: boolean, isError: boolean): Promise<void> {
    const holds: Fault = isError
      ? { name: 'script-error', code: -1712, moment: 'at-send' }
      : { name: 'hang', row: false, hard: false };
    this.#sick = { what: 'sheet', isStubborn, holds };
    await this.#arm();
  }

  /** Something that only a person can change. */
  async stand(name: string, fault: Fault): Promise<void> {
    this.#standing.set(name, fault);
    await this.#arm();
  }

  async lift(name: string): Promise<void> {
    this.#standing.delete(name);
    await this.#arm();
  }

  async liftAll(): Promise<void> {
    this.#standing.clear();
    await this.#arm();
  }

  /** Does what the daemon has asked macOS for since the last time. */
  async actOut(): Promise<void> {
    const path = join(this.tools.folder, 'calls');
    if (statSync(path).size === this.#readUpTo) {
      return;
    }
    const calls = readFileSync(path, 'utf8');
    const fresh = calls.slice(this.#readUpTo).split('\n');
    this.#readUpTo = calls.length;
    for (const call of fresh) {
      await this.#doAsAsked(call);
    }
  }

  async close(): Promise<void> {
    await this.mac.stop();
  }

  async #doAsAsked(call: string): Promise<void> {
    if (call === 'osascript relaunch') {
      this.#note('relaunch');
      // By the script itself, where Messages answers it.
      this.#isRunning ||= this.#sick?.what !== 'hang' && this.#standing.size === 0;
      if (this.#sick?.what === 'sheet' && !this.#sick.isStubborn && this.#standing.size === 0) {
        this.#sick = null;
        await this.#arm();
      }
    } else if (call.startsWith('pkill ')) {
      this.#note('kill');
      const isForced = call.startsWith('pkill -KILL');
      if (isForced || !(this.#sick?.what === 'hang' && this.#sick.isStubborn)) {
        await this.end('kill');
      }
    } else if (call.startsWith('open -gj -b com.apple.MobileSMS')) {
      this.#note('open');
      if (!this.isRunning) {
        await this.reopen();
      }
    }
  }

  #note(what: KeeperAct['what']): void {
    this.acts.push({ what, at: this.#clock.lived });
  }

  async #arm(): Promise<void> {
    await this.run({ command: 'clear-faults' });
    for (const fault of [...(this.#sick === null ? [] : [this.#sick.holds]), ...this.#standing.values()]) {
      await this.run({ command: 'fault', args: { fault, times: 'on' } });
    }
    this.#show();
  }

  /** Tells the shell how Messages is. */
  #show(): void {
    writeFileSync(this.#mode, `${this.#modeNow()}\n`);
    if (this.#sick?.what === 'sheet' && this.#sick.isStubborn) {
      writeFileSync(this.#refusal, '');
    } else if (existsSync(this.#refusal)) {
      rmSync(this.#refusal);
    }
  }

  #modeNow(): string {
    if (!this.isRunning) {
      return 'gone';
    }
    if (this.#sick?.what === 'hang') {
      return 'hangs';
    }
    return this.#standing.size > 0 ? 'ask' : 'well';
  }
}

function wrapperOf(paths: {
  readonly osascript: string;
  readonly mode: string;
  readonly refusal: string;
  readonly calls: string;
}): string {
  return String.raw`#!/bin/sh
read -r mode < '${paths.mode}'
IFS= read -r first
case "$first" in
  '-- blueline relaunch'*)
    echo 'osascript relaunch' >> '${paths.calls}'
    [ "$mode" = hangs ] && exec sleep 1000
    if [ -e '${paths.refusal}' ]; then
      echo '0:0: execution error: Messages got an error: User canceled. (-128)' >&2
      exit 1
    fi ;;
  '-- blueline probe'*)
    case "$mode" in
      hangs) exec sleep 1000 ;;
      gone) printf 'running: false\n'; exit 0 ;;
      well) printf 'running: true\naccount: ${ACCOUNT_GUID}\tiMessage\ttrue\tconnected\n'; exit 0 ;;
    esac ;;
  '-- blueline poke'*)
    case "$mode" in
      hangs) exec sleep 1000 ;;
      well) echo ok; exit 0 ;;
    esac ;;
esac
{ printf '%s\n' "$first"; cat; } | '${paths.osascript}' "$@"
`;
}
