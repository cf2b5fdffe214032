import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../src/runtime/index.ts';
import { chance } from './chance.ts';
import { bootBridge, type LinkedBridge } from './linked-bridge.ts';
import { KIM } from './message.ts';
import { RoughProxy } from './rough-proxy.ts';

const START = 1_800_000_000_000;
const TRAFFIC_MS = 300_000;
const STEP_MS = 50;
const SETTLE_MS = 40_000;
export const TOKEN = 'a-token-of-bridges';

/** A bridge and a program that follows and commands it, with a bad network between them, on one clock that is stepped. */
export abstract class RoughWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-proxy-'));
  readonly clock = new ManualClock(START);
  /** For what depends on how fast this machine is; what fate has in store is the same each time. */
  readonly random: () => number;
  /** Events as the program was given them. */
  readonly handled: { readonly sequence: number; readonly id: string }[] = [];
  /** How often each text left, and each order was carried out. */
  readonly done = new Map<string, number>();
  /** What the program was answered, by command. */
  readonly outcomes = new Map<string, string[]>();
  readonly counts = { cuts: 0, freezes: 0, holds: 0, kills: 0, commands: 0, repeats: 0 };
  /** When the last command is to be of use; Unix ms. */
  readonly expiresAt = START + 10 * TRAFFIC_MS;
  readonly proxy: RoughProxy;
  readonly #fate: () => number;
  readonly #ended: Promise<unknown>[] = [];
  #bridge: LinkedBridge | null = null;
  #heldUntil = 0;
  #isRough = true;

  constructor(seed: number) {
    this.random = chance(seed);
    this.#fate = chance(-seed);
    this.proxy = new RoughProxy({
      isDoubled: () => this.#isRough && this.random() < 0.1,
      delay: (pass) => {
        const wait = this.#heldUntil - this.clock.now();
        if (wait <= 0) {
          pass();
        } else {
          this.clock.after(wait, pass);
        }
      },
    });
    writeFileSync(join(this.folder, 'token'), TOKEN, { mode: 0o600 });
  }

  /** Gives the bridge a command, again under a name that it had before; `answered` hears of each answer. */
  protected abstract give(id: string, command: string, body: object): void;

  /** Where the bridge finds its controller; `null` where it has none. */
  protected abstract controllerUrl(): string | null;

  /** A daemon has been started. */
  protected abstract booted(bridge: LinkedBridge): Promise<void>;

  /** What the program does not want to know of any more. */
  protected abstract endProgram(): Promise<unknown>;

  get bridge(): LinkedBridge {
    if (this.#bridge === null) {
      throw new Error('no daemon has been started');
    }
    return this.#bridge;
  }

  async boot(): Promise<void> {
    const note = (name: string) => void this.done.set(name, (this.done.get(name) ?? 0) + 1);
    this.#bridge = bootBridge({
      folder: join(this.folder, 'home'),
      clock: this.clock,
      url: this.controllerUrl(),
      tokenFile: join(this.folder, 'token'),
      onSent: note,
      onOrder: (reason) => note(reason ?? ''),
    });
    await this.booted(this.#bridge);
  }

  protected answered(id: string, result: string): void {
    this.outcomes.set(id, [...(this.outcomes.get(id) ?? []), result]);
  }

  /** Five minutes of traffic and trouble, and then as long as it takes with neither. */
  async run(): Promise<void> {
    while (this.clock.now() < START + TRAFFIC_MS) {
      this.#traffic();
      await this.#trouble();
      await this.#step();
    }
    this.#isRough = false;
    this.#heldUntil = 0;
    await this.#settle(
      () =>
        this.outcomes.size === this.counts.commands &&
        this.bridge.outbox.stats().pending === 0 &&
        this.handled.at(-1)?.sequence === this.bridge.journal.head(),
    );
  }

  /** What of it was not as bad as it was meant to be. */
  tooEasy(): readonly string[] {
    const { counts } = this;
    const least = {
      cuts: [counts.cuts, 5],
      freezes: [counts.freezes, 3],
      holds: [counts.holds, 15],
      kills: [counts.kills, 3],
      doubled: [this.proxy.doubled, 100],
      commands: [counts.commands, 100],
      repeats: [counts.repeats, 100],
      events: [this.handled.length, 1_000],
    } as const;
    return Object.entries(least)
      .filter(([, [count, more]]) => count <= more)
      .map(([what, [count]]) => `${count} ${what}`);
  }

  /** Every event that was lost, doubled or out of order, and every command that was, or was carried out twice. */
  findings(): readonly string[] {
    return [...this.#wrongEvents(), ...this.#wrongCommands()];
  }

  async close(): Promise<void> {
    this.#ended.push(this.bridge.kill());
    await this.proxy.close();
    let isOver = false;
    void Promise.allSettled([...this.#ended, this.endProgram()]).then(() => {
      isOver = true;
    });
    await this.#settle(() => isOver);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #wrongEvents(): string[] {
    const { handled } = this;
    const head: number = this.bridge.journal.head();
    return [
      ...(handled.length === head ? [] : [`${handled.length} events of ${head}`]),
      ...(new Set(handled.map(({ id }) => id)).size === handled.length ? [] : ['an event came twice']),
      ...handled.flatMap(({ sequence }, index) =>
        sequence === index + 1 ? [] : [`event ${sequence} came in place of ${index + 1}`],
      ),
    ];
  }

  #wrongCommands(): string[] {
    const { counts, done, outcomes } = this;
    const names = Array.from({ length: counts.commands }, (_, index) => `c-${index + 1}`);
    const states = new Map<string, string>();
    const findings: string[] = [];
    for (const { parts, state } of this.bridge.outbox.list({ state: null, before: null, limit: 10_000 })) {
      const [part] = parts;
      const text = part?.content.kind === 'text' ? part.content.text : '';
      if (states.has(text)) {
        findings.push(`${text} is in the outbox twice`);
      }
      states.set(text, state.name);
    }
    for (const name of names) {
      const results = outcomes.get(name) ?? ['none'];
      const times = done.get(name) ?? 0;
      if (!results.every((result) => result === 'accepted' || result === 'duplicate')) {
        findings.push(`${name} was answered ${results.join(', ')}`);
      }
      if (states.has(name) === isOrder(name)) {
        findings.push(`${name} has its place ${states.has(name) ? '' : 'not '}in the outbox`);
      }
      // A kill between the mark `sending` and the script leaves none that was carried out: that is `unknown`.
      if (times > 1 || (times === 0 && states.get(name) !== 'unknown')) {
        findings.push(`${name} was carried out ${times} times, and is ${states.get(name) ?? 'an order'}`);
      }
    }
    const missing = names.filter((name) => !done.has(name)).length;
    return missing > counts.kills ? [...findings, `${missing} were not carried out`] : findings;
  }

  /** One step of time, and the turns of the event loop that sockets need to keep up with it. */
  async #step(): Promise<void> {
    this.clock.advance(STEP_MS);
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise(setImmediate);
    }
  }

  /** What happens in a step: rows arrive, the program asks for things, and asks again although it was answered. */
  #traffic(): void {
    if (this.#fate() < 0.1) {
      const count = this.#fate() < 0.05 ? 200 : 1 + Math.floor(this.#fate() * 3);
      this.bridge.journal.write((append) => {
        for (let index = 0; index < count; index += 1) {
          append({ type: 'bridge.health_changed', status: 'healthy', codes: ['limits_off'] });
        }
      });
    }
    if (this.#fate() < 0.03) {
      this.counts.commands += 1;
      this.#command(`c-${this.counts.commands}`);
    }
    if (this.#fate() < 0.03 && this.counts.commands > 0) {
      this.counts.repeats += 1;
      this.#command(`c-${1 + Math.floor(this.#fate() * this.counts.commands)}`);
    }
  }

  /** The command of a name: always the same one under it. */
  #command(id: string): void {
    if (isOrder(id)) {
      this.give(id, 'line.resume', { reason: id });
    } else {
      this.give(id, 'message.send', { to: KIM, text: id });
    }
  }

  /** What the network and fate do in a step. */
  async #trouble(): Promise<void> {
    const die = this.#fate();
    const perStep = STEP_MS / 1_000;
    if (die < 0.06 * perStep) {
      this.counts.cuts += 1;
      this.proxy.cut();
    } else if (die < 0.09 * perStep) {
      this.counts.freezes += 1;
      this.proxy.freeze();
    } else if (die < 0.25 * perStep) {
      this.counts.holds += 1;
      this.#heldUntil = this.clock.now() + this.#fate() * 3_000;
    } else if (die < 0.29 * perStep) {
      this.counts.kills += 1;
      if (this.#fate() < 0.5) {
        this.proxy.freeze();
      } else {
        this.proxy.cut();
      }
      this.#ended.push(this.bridge.kill());
      await this.boot();
    }
  }

  async #settle(isSettled: () => boolean): Promise<void> {
    for (const deadline = Date.now() + SETTLE_MS; !isSettled();) {
      if (Date.now() > deadline) {
        throw new Error(`it did not settle: ${JSON.stringify(this.counts)}, ${this.handled.length} events`);
      }
      await this.#step();
    }
  }
}

/** Some commands are orders, which put nothing into the outbox. */
function isOrder(id: string): boolean {
  return Number(id.slice(2)) % 4 === 0;
}
