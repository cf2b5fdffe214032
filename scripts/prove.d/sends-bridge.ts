import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import {
  spawnSimulator,
  type SendStep,
  type SimulatorProcess,
  type SimulatorState,
} from '../../src/simulator/index.ts';
import { ProvedDaemon, type Told } from './sends-daemon.ts';
import type { Order } from './sends-plan.ts';
import { Storm, type Blow } from './sends-storm.ts';

/** So many texts wait or are on their way at a time. */
const OPEN_AT_ONCE = 6;
const SETTLE_MS = 45_000;
const STEP_MS = 60_000;
const STUCK_MS = 90_000;
/** After so long without news there is none. */
const CALM_MS = 1_500;
/** Past the follow-up of a minute, which ends what stayed unknown and lets equal texts behind it go. */
const LATER_SECONDS = 150;

const SETTINGS: Readonly<Record<string, string>> = {
  BLUELINE_LIMITS_PRESET: 'off',
  BLUELINE_LOG_LEVEL: 'warn',
  BLUELINE_MESSAGES_SEND_TIMEOUT_SECONDS: '4',
  BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
  BLUELINE_MESSAGES_FOLLOW_UP_MINUTES: '1',
};

/** An order as the bridge tells of it at the end. */
export interface Claim {
  readonly order: Order;
  /** `null`: it was refused, with this error. */
  readonly id: string | null;
  readonly refusal: string | null;
  /** What the bridge says of it now. */
  readonly state: string;
  readonly cause: string | null;
  /** Every state that was ever told of it. */
  readonly told: readonly Told[];
}

export interface Outcome {
  readonly claims: readonly Claim[];
  readonly mac: Pick<SimulatorState, 'received' | 'attempts'>;
  /** Guids of the rows that stand in chat.db at the end. */
  readonly rows: ReadonlySet<string>;
  readonly blows: readonly Blow[];
}

interface Open {
  readonly order: Order;
  id: string | null;
  refusal: string | null;
}

export interface Group {
  readonly guid: string;
  readonly id: string;
  readonly members: readonly string[];
}

/** Sends every order through one daemon and one simulated Mac, in the storm, and brings back what each says of it. */
export async function proveBridge(options: {
  readonly folder: string;
  readonly line: string;
  readonly orders: readonly Order[];
  readonly groups: readonly Group[];
  readonly people: Parameters<typeof spawnSimulator>[0]['people'];
  readonly onSettled: () => void;
}): Promise<Outcome> {
  const mac = await spawnSimulator({
    folder: join(options.folder, 'mac'),
    era: '26',
    line: options.line,
    clockOffsetMs: 0,
    timing: { sentDelayMs: 60, deliveredDelayMs: 140, readDelayMs: 220 },
    ...(options.people === undefined ? {} : { people: options.people }),
  });
  const home = join(options.folder, 'home');
  mkdirSync(home, { recursive: true });
  const run = new Run(mac, home, options.groups);
  // An interrupted proof leaves no daemon behind.
  const onExit = () => run.daemon.abandon();
  process.once('exit', onExit);
  try {
    await run.send(options.orders, options.onSettled);
    await run.goLater();
    return await run.outcome();
  } finally {
    await run.daemon.stop();
    await mac.stop();
    process.off('exit', onExit);
  }
}

class Run {
  readonly daemon: ProvedDaemon;
  readonly #mac: SimulatorProcess;
  readonly #groups: readonly Group[];
  readonly #storm: Storm;
  readonly #open: Open[] = [];
  readonly #byKey = new Map<string, Open>();
  /** What the journal told, by the command's id. */
  readonly #told = new Map<string, Told[]>();
  readonly #listeners = new Set<(told: Told) => void>();
  #toldAt = 0;
  /** Those that were still on their way when last looked at. */
  #unsettled: readonly Open[] = [];
  #hasResume = true;

  constructor(mac: SimulatorProcess, home: string, groups: readonly Group[]) {
    this.#mac = mac;
    this.#groups = groups;
    this.daemon = new ProvedDaemon({
      home,
      environment: {
        ...SETTINGS,
        // It is started some hundred times.
        NODE_COMPILE_CACHE: join(home, '..', 'compile-cache'),
        BLUELINE_MESSAGES_DB: mac.database,
        BLUELINE_OSASCRIPT: mac.osascript,
      },
      onTold: (told) => this.#hear(told),
    });
    this.#storm = new Storm(mac, this.daemon, () => this.#makeGroups());
  }

  async send(orders: readonly Order[], onSettled: () => void): Promise<void> {
    await this.#makeGroups();
    await this.daemon.start();
    for (const order of orders) {
      if (!(await this.#until(STUCK_MS, () => this.#unsettled.length < OPEN_AT_ONCE, onSettled))) {
        // Nothing moves any more: more orders would only wait behind it.
        break;
      }
      const before = order.after;
      if (before !== null) {
        await this.#until(STEP_MS, () => !isOnItsWay(this.#stateOf(before)), onSettled);
      }
      await this.#place(order);
    }
    await this.#until(SETTLE_MS, () => this.#unsettled.length === 0 && this.#storm.isOver, onSettled);
    await this.#mac.command({ command: 'wait-idle', args: { timeoutMs: 10_000 } });
    await this.#calm();
  }

  /** The same bridge two minutes on: what is unknown ends so, and what waited for that goes out. */
  async goLater(): Promise<void> {
    await this.daemon.stop();
    await this.daemon.start({ BLUELINE_BRIDGE_CLOCK_OFFSET_SECONDS: String(LATER_SECONDS) });
    const ends = async () => {
      const items = await Promise.all(this.#open.map((one) => this.#item(one)));
      return items.every(({ state, isFinal }) => !isOnItsWay(state) && (state !== 'unknown' || isFinal));
    };
    for (const began = Date.now(); !(await ends()) && Date.now() - began < STEP_MS;) {
      await this.#resumeLines();
      await pause(500);
    }
    await this.#mac.command({ command: 'wait-idle', args: { timeoutMs: 10_000 } });
    // What the last rows say is read as they come.
    await this.#calm();
  }

  async #calm(): Promise<void> {
    for (const began = Date.now(); Date.now() - began < 10_000; await pause(50)) {
      if (Date.now() - this.#toldAt > CALM_MS) {
        return;
      }
    }
  }

  async outcome(): Promise<Outcome> {
    const claims = await Promise.all(
      this.#open.map(async (one) => {
        const { state, cause } = await this.#item(one);
        return { ...one, state, cause, told: this.#told.get(one.id ?? '') ?? [] };
      }),
    );
    const db = new Database(this.#mac.database, { readonly: true });
    const rows = db.prepare<[], { guid: string }>('SELECT guid FROM message').all();
    db.close();
    return {
      claims,
      mac: await this.#mac.state(),
      rows: new Set(rows.map(({ guid }) => guid)),
      blows: this.#storm.blows,
    };
  }

  async #place(order: Order): Promise<void> {
    for (const fault of order.faults) {
      await this.#mac.command({ command: 'fault', args: { fault, text: order.text } });
    }
    const open: Open = { order, id: null, refusal: null };
    this.#open.push(open);
    this.#byKey.set(order.key, open);
    this.#unsettled = [...this.#unsettled, open];
    const { disturbance } = order.failure;
    if (disturbance?.at.on === 'step') {
      const { step } = disturbance.at;
      void this.#reaches(order.text, step).then((reached) =>
        reached ? this.#storm.strike(order, disturbance.what) : undefined,
      );
    }
    const placing = this.daemon.request('POST', '/v1/messages', {
      body: { to: order.to, text: order.text },
      headers: { 'idempotency-key': order.key },
    });
    if (disturbance?.at.on === 'request') {
      await this.#storm.strike(order, disturbance.what);
    }
    const { status, body } = await placing;
    if (status === 201) {
      open.id = String(body['id']);
    } else {
      open.refusal = JSON.stringify(body['error'] ?? status);
    }
    if (disturbance?.at.on === 'answer') {
      void this.#storm.strike(order, disturbance.what);
    }
    if (disturbance?.at.on === 'state') {
      void this.#tells(open, disturbance.at.state).then((told) =>
        told ? this.#storm.strike(order, disturbance.what) : undefined,
      );
    }
  }

  async #reaches(text: string, step: SendStep): Promise<boolean> {
    const answer = await this.#mac.command(stepCommand(text, step));
    return typeof answer === 'object' && answer !== null && 'reached' in answer && answer.reached === true;
  }

  #hear(told: Told): void {
    this.#toldAt = Date.now();
    this.#told.set(told.id, [...(this.#told.get(told.id) ?? []), told]);
    for (const listener of this.#listeners) {
      listener(told);
    }
  }

  async #tells({ id }: Open, state: string): Promise<boolean> {
    if (this.#told.get(id ?? '')?.some((told) => told.state === state) === true) {
      return true;
    }
    const heard = Promise.withResolvers<boolean>();
    const listener = (told: Told) => {
      if (told.id === id && told.state === state) {
        heard.resolve(true);
      }
    };
    this.#listeners.add(listener);
    const timeout = setTimeout(() => heard.resolve(false), 2 * STUCK_MS).unref();
    return heard.promise.finally(() => {
      clearTimeout(timeout);
      this.#listeners.delete(listener);
    });
  }

  async #makeGroups(): Promise<void> {
    for (const { id, members } of this.#groups) {
      await this.#mac.command({
        command: 'group',
        args: { action: 'create', group: id, name: 'Crew', participants: [...members] },
      });
    }
  }

  #stateOf(key: string): string {
    return this.#told.get(this.#byKey.get(key)?.id ?? '')?.at(-1)?.state ?? 'queued';
  }

  /** Whether it is still on its way; an equal text behind an unknown one waits for longer than the storm lasts. */
  #isUnsettled({ order, refusal }: Open): boolean {
    const state = this.#stateOf(order.key);
    const isHeld =
      state === 'queued' &&
      this.#open.some(
        (other) =>
          other.order.text === order.text &&
          other.order.to === order.to &&
          this.#stateOf(other.order.key) === 'unknown',
      );
    return refusal === null && isOnItsWay(state) && !isHeld;
  }

  /** Whether it became so within `ms`; if not, prints what is still on its way, and how the bridge is. */
  async #until(ms: number, isSo: () => boolean, onSettled: () => void = () => undefined): Promise<boolean> {
    let resumedAt = Date.now();
    for (const began = Date.now(); Date.now() - began < ms; await pause(20)) {
      const left = this.#unsettled.filter((one) => this.#isUnsettled(one));
      for (let count = left.length; count < this.#unsettled.length; count += 1) {
        onSettled();
      }
      this.#unsettled = left;
      if (isSo()) {
        return true;
      }
      if (Date.now() - resumedAt > 1_000) {
        resumedAt = Date.now();
        await this.#resumeLines();
      }
    }
    for (const { order } of this.#unsettled) {
      console.log(`  ${order.key} (${order.failure.name}) is still ${this.#stateOf(order.key)}`);
    }
    const { body } = await this.daemon.request('GET', '/health');
    console.log(`  its health: ${JSON.stringify(body)}`);
    return false;
  }

  /** The bridge pauses a line whose sends come to nothing; an operator, which is us, goes on. */
  async #resumeLines(): Promise<void> {
    if (!this.#hasResume) {
      return;
    }
    const { body } = await this.daemon.request('GET', '/v1/lines');
    const lines: readonly { readonly id: string }[] = Array.isArray(body['data']) ? body['data'] : [];
    for (const line of lines) {
      const { status, body: answer } = await this.daemon.request('POST', `/v1/lines/${line.id}/resume`);
      // A bridge without the route pauses nothing.
      const isLine = isRecord(answer['error']) && answer['error']['code'] === 'line_not_found';
      this.#hasResume = status !== 404 || isLine;
    }
  }

  async #item(
    one: Open,
  ): Promise<{ readonly state: string; readonly cause: string | null; readonly isFinal: boolean }> {
    if (one.id === null) {
      return { state: 'refused', cause: one.refusal, isFinal: true };
    }
    const { status, body } = await this.daemon.request('GET', `/v1/outbox/${one.id}`);
    if (status !== 200) {
      return { state: 'lost', cause: null, isFinal: true };
    }
    const detail = [body['error_detail'], body['error']].find(isRecord) ?? {};
    const cause = [detail['cause'], detail['code']].find((value) => typeof value === 'string');
    return { state: String(body['state']), cause: cause ?? null, isFinal: detail['is_final'] === true };
  }
}

function stepCommand(text: string, step: SendStep) {
  return { command: 'wait-for', args: { text, step, timeoutMs: 2 * STUCK_MS } } as const;
}

export function isOnItsWay(state: string): boolean {
  return ['queued', 'deferred', 'sending', 'dispatched'].includes(state);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
