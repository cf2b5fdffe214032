import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ControllerServer, FileCursorStore, type CommandOutcome } from '../src/client/index.ts';
import { ManualClock } from '../src/runtime/index.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { bootBridge, type LinkedBridge } from './support/linked-bridge.ts';
import { KIM } from './support/message.ts';
import { RoughProxy } from './support/rough-proxy.ts';

const START = 1_800_000_000_000;
const TRAFFIC_MS = 300_000;
const STEP_MS = 50;
const TOKEN = 'a-token-of-bridges';

/** Numbers that look like chance and are the same each time (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A bridge and its controller with a bad network between them, all on one clock that is stepped. */
class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-proxy-'));
  readonly clock = new ManualClock(START);
  readonly random: () => number;
  /** Events as the controller's program was given them. */
  readonly handled: { readonly sequence: number; readonly id: string }[] = [];
  /** How often each text left, and each order was carried out. */
  readonly done = new Map<string, number>();
  readonly outcomes = new Map<string, CommandOutcome[]>();
  readonly counts = { cuts: 0, freezes: 0, holds: 0, kills: 0, commands: 0, repeats: 0 };
  readonly notices: string[] = [];
  readonly server: ControllerServer;
  #proxy: RoughProxy | null = null;
  #bridge: LinkedBridge | null = null;
  #url = '';
  #heldUntil = 0;
  #isRough = true;

  constructor(seed: number) {
    this.random = chance(seed);
    this.server = new ControllerServer({
      cursors: new FileCursorStore(join(this.folder, 'cursors')),
      token: TOKEN,
      timers: this.clock,
      onEvent: async ({ sequence, id }) => {
        if (this.random() < 0.1) {
          await new Promise(setImmediate);
        }
        this.handled.push({ sequence, id });
      },
      onNotice: ({ type }) => void this.notices.push(type),
    });
  }

  async open(): Promise<void> {
    writeFileSync(join(this.folder, 'token'), TOKEN, { mode: 0o600 });
    const { url } = await this.server.listen({ port: 0 });
    this.#proxy = new RoughProxy({
      port: Number(new URL(url).port),
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
    this.#url = `ws://127.0.0.1:${await this.#proxy.listen()}/bridges`;
    this.boot();
  }

  get bridge(): LinkedBridge {
    if (this.#bridge === null) {
      throw new Error('the world is not open');
    }
    return this.#bridge;
  }

  get proxy(): RoughProxy {
    if (this.#proxy === null) {
      throw new Error('the world is not open');
    }
    return this.#proxy;
  }

  boot(): void {
    const note = (name: string) => void this.done.set(name, (this.done.get(name) ?? 0) + 1);
    this.#bridge = bootBridge({
      folder: join(this.folder, 'home'),
      clock: this.clock,
      url: this.#url,
      tokenFile: join(this.folder, 'token'),
      onSent: note,
      onOrder: (reason) => note(reason ?? ''),
    });
  }

  /** One step of time, and the turns of the event loop that sockets need to keep up with it. */
  async step(): Promise<void> {
    this.clock.advance(STEP_MS);
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise(setImmediate);
    }
  }

  /** What happens in a step: rows arrive, the controller asks for things, and asks again although it was answered. */
  traffic(): void {
    if (this.random() < 0.1) {
      const count = this.random() < 0.05 ? 200 : 1 + Math.floor(this.random() * 3);
      this.bridge.journal.write((append) => {
        for (let index = 0; index < count; index += 1) {
          append({ type: 'bridge.health_changed', status: 'healthy', codes: ['limits_off'] });
        }
      });
    }
    if (this.random() < 0.03) {
      this.counts.commands += 1;
      this.command(`c-${this.counts.commands}`);
    }
    if (this.random() < 0.03 && this.counts.commands > 0) {
      this.counts.repeats += 1;
      this.command(`c-${1 + Math.floor(this.random() * this.counts.commands)}`);
    }
  }

  /** The command of a name: always the same one under it. */
  command(id: string): void {
    const number = Number(id.slice(2));
    const [name, body] =
      number % 4 === 0
        ? (['line.resume', { reason: id }] as const)
        : (['message.send', { to: KIM, text: id }] as const);
    const lasting = { commandId: id, expiresAt: START + 10 * TRAFFIC_MS };
    void this.server.command('mini-1', name, body, lasting).then((outcome) => {
      this.outcomes.set(id, [...(this.outcomes.get(id) ?? []), outcome]);
    });
  }

  /** What the network and fate do in a step. */
  trouble(): void {
    const die = this.random();
    const perStep = STEP_MS / 1_000;
    if (die < 0.06 * perStep) {
      this.counts.cuts += 1;
      this.proxy.cut();
    } else if (die < 0.09 * perStep) {
      this.counts.freezes += 1;
      this.proxy.freeze();
    } else if (die < 0.25 * perStep) {
      this.counts.holds += 1;
      this.#heldUntil = this.clock.now() + this.random() * 3_000;
    } else if (die < 0.29 * perStep) {
      this.counts.kills += 1;
      if (this.random() < 0.5) {
        this.proxy.freeze();
      } else {
        this.proxy.cut();
      }
      this.bridge.kill();
      this.boot();
    }
  }

  calm(): void {
    this.#isRough = false;
    this.#heldUntil = 0;
  }

  async settle(isSettled: () => boolean): Promise<void> {
    for (const deadline = Date.now() + 20_000; !isSettled();) {
      if (Date.now() > deadline) {
        throw new Error(`it did not settle: ${JSON.stringify(this.counts)}, ${this.handled.length} events`);
      }
      await this.step();
    }
  }

  async close(): Promise<void> {
    this.bridge.kill();
    await this.proxy.close();
    const closing = this.server.close();
    this.clock.advance(10_000);
    await closing;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('the controller link through a network that cuts, freezes, holds back and repeats', () => {
  afterEach(cleanUp);

  it.each([1, 2])(
    'loses and doubles no event, and has no command carried out twice, in five minutes with kills (seed %i)',
    async (seed) => {
      const world = new World(seed);
      atEnd(() => world.close());
      await world.open();
      while (world.clock.now() < START + TRAFFIC_MS) {
        world.traffic();
        world.trouble();
        await world.step();
      }
      world.calm();
      const { handled, done, outcomes, counts } = world;
      await world.settle(
        () =>
          outcomes.size === counts.commands &&
          world.bridge.outbox.stats().pending === 0 &&
          handled.at(-1)?.sequence === world.bridge.journal.head(),
      );

      // It was as bad as it was meant to be.
      expect(counts.cuts).toBeGreaterThan(5);
      expect(counts.freezes).toBeGreaterThan(3);
      expect(counts.holds).toBeGreaterThan(15);
      expect(counts.kills).toBeGreaterThan(3);
      expect(world.proxy.doubled).toBeGreaterThan(100);
      expect(counts.commands).toBeGreaterThan(100);
      expect(counts.repeats).toBeGreaterThan(100);

      const head = world.bridge.journal.head();
      expect(head).toBeGreaterThan(1_000);
      expect(handled.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: head }, (_, index) => index + 1),
      );
      expect(new Set(handled.map(({ id }) => id)).size).toBe(head);

      const names = Array.from({ length: counts.commands }, (_, index) => `c-${index + 1}`);
      for (const name of names) {
        const results = (outcomes.get(name) ?? []).map(({ result }) => result);
        expect(results.length, name).toBeGreaterThan(0);
        expect(
          results.every((result) => result === 'accepted' || result === 'duplicate'),
          name,
        ).toBe(true);
      }
      const commands = world.bridge.outbox.list({ state: null, before: null, limit: 10_000 });
      const texts = commands.map(({ parts }) => {
        const [part] = parts;
        return part?.content.kind === 'text' ? part.content.text : '';
      });
      expect(texts.toSorted()).toEqual(names.filter((name) => Number(name.slice(2)) % 4 !== 0).toSorted());
      // Each was carried out once. A kill between the mark `sending` and the script leaves none: that is `unknown`.
      for (const name of names) {
        expect(done.get(name) ?? 0, name).toBeLessThanOrEqual(1);
      }
      const missing = names.filter((name) => !done.has(name));
      expect(missing.length).toBeLessThanOrEqual(counts.kills);
      for (const name of missing) {
        expect(commands[texts.indexOf(name)]?.state.name, name).toBe('unknown');
      }
    },
  );
});
