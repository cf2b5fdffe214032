import { z } from 'zod';
import { clockOf, type Evidence, type FaultRecord } from './keeper-judge.ts';
import type { Episode, PlannedFault } from './keeper-plan.ts';
import type { Random } from './random.ts';
import type { World } from './keeper-world.ts';

const MINUTE_MS = 60_000;
/** In a storm somebody writes, and something is ordered, once in so many steps. */
const TRAFFIC_STEPS = 20;
/** Each episode ends with a text in and a text out, which have so long. */
const TRIAL_MS = 2 * MINUTE_MS;
/** What is unknown is followed up for 15 minutes; then it is final. */
const FOLLOW_UP_MS = 40 * MINUTE_MS;
const CONTACTS = ['+15550001111', '+15550002222', '+15550003333', '+15550004444'] as const;
/** Warnings that hold although the line works: what the storm itself wants, and what only tells of the past. */
const TOLERATED = new Set([
  'limits_off',
  'time_jumped',
  'unknown_outcomes',
  'chat_db_replaced',
  'inbound_silent',
  'line_idle',
  'capture_behind',
  'clock_wrong',
]);
const ON_THE_WAY = new Set(['queued', 'deferred', 'sending', 'dispatched']);
const SENT = new Set(['sent', 'delivered', 'read']);

const received = z.object({ type: z.literal('message.received'), data: z.looseObject({ text: z.string() }) });

interface Order {
  readonly text: string;
  readonly at: number;
  readonly id: string | null;
}

interface Inbound {
  readonly text: string;
  isGone: boolean;
}

type Standing = PlannedFault & {
  state: 'waits' | 'lasts' | 'over';
  from: number;
  awakeFrom: number;
  isNamed: boolean | null;
};

/** Lets one episode after the other come over a bridge, with people who write and a controller that orders. */
export class Storm {
  readonly #world: World;
  readonly #random: Random;
  readonly #tell: (line: string) => void;
  readonly #inbound: Inbound[] = [];
  readonly #orders: Order[] = [];
  readonly #faults: FaultRecord[] = [];
  #serial = 0;

  constructor(world: World, random: Random, tell: (line: string) => void) {
    this.#world = world;
    this.#random = random;
    this.#tell = tell;
  }

  async run(episodes: readonly Episode[]): Promise<Evidence> {
    await this.#world.until(5 * MINUTE_MS, () => this.#isWell());
    for (const [index, episode] of episodes.entries()) {
      await this.#world.pass(index === 0 ? 0 : episode.restMs);
      await this.#play(episode);
    }
    for (let past = 0; past < FOLLOW_UP_MS && (await this.#isAnyOpen()); past += MINUTE_MS) {
      await this.#world.pass(MINUTE_MS);
    }
    return this.#evidence();
  }

  async #play({ faults }: Episode): Promise<void> {
    const { clock } = this.#world;
    const begun = clock.awake;
    const begunAt = clock.lived;
    const [inbound, ordered] = [this.#inbound.length, this.#orders.length];
    const standing = faults.map((planned): Standing => ({
      ...planned,
      state: 'waits',
      from: begunAt,
      awakeFrom: begun,
      isNamed: planned.fault.names.length === 0 ? null : false,
    }));
    const limitMs = faults.reduce((sum, { fault }) => sum + fault.limitMs, 0);
    const mostMs = faults.reduce((sum, { afterMs, lastsMs }) => sum + afterMs + lastsMs, limitMs);
    while (standing.some(({ state }) => state !== 'over') && clock.awake - begun < mostMs) {
      for (const one of standing) {
        await this.#move(one, begun);
      }
      await this.#traffic();
      await this.#world.step();
    }
    for (const one of standing.filter(({ state }) => state === 'lasts')) {
      await this.#end(one);
    }
    const handsAt = clock.awake;
    const isHealed = await this.#world.until(limitMs, async () => {
      const isWell = await this.#isWell();
      await (isWell ? undefined : this.#traffic());
      return isWell;
    });
    const healedMs = isHealed ? clock.awake - handsAt : null;
    const trouble = isHealed ? [] : await this.#codes();
    await (isHealed ? undefined : this.#lendEveryHand());
    const [isHeard, isSent] = [await this.#isHeard(), await this.#isSent()];
    for (const { fault, from, isNamed } of standing) {
      this.#faults.push({
        name: fault.name,
        from,
        to: clock.lived,
        isNamed,
        healedMs,
        limitMs,
        isHeard,
        isSent,
      });
    }
    const names = standing.map(
      ({ fault, isNamed }) => `${fault.name}${isNamed === null ? '' : isNamed ? ' (named)' : ' (NOT NAMED)'}`,
    );
    const healed =
      healedMs === null
        ? `NOT HEALED: ${trouble.join(', ')}`
        : `works after ${Math.round(healedMs / 1000)} s`;
    const trial =
      isHeard && isSent ? '' : ` BUT ${isHeard ? '' : 'hears nothing '}${isSent ? '' : 'sends nothing'}`;
    this.#tell(
      `  ${String(this.#faults.length).padStart(3)}  ${clockOf(begunAt)} ${names.join(' + ')}: ${healed}${trial}; ` +
        `${this.#inbound.length - inbound} in, ${this.#orders.length - ordered} out`,
    );
  }

  async #move(one: Standing, begun: number): Promise<void> {
    const { clock } = this.#world;
    const { fault } = one;
    if (one.state === 'waits' && clock.awake - begun >= one.afterMs && fault.canBegin(this.#world)) {
      await this.#begin(one);
    }
    if (one.state !== 'lasts') {
      return;
    }
    if (one.isNamed === false) {
      one.isNamed = await this.#isNamed(fault.names);
    }
    if (clock.awake - one.awakeFrom >= one.lastsMs && one.isNamed !== false) {
      await this.#end(one);
    }
  }

  async #begin(one: Standing): Promise<void> {
    const world = this.#world;
    if (one.fault.isByHand === true) {
      await world.order('pause');
      world.paused();
    }
    const told = new Set((await this.#told()).map(({ text }) => text));
    await one.fault.begin(world, this.#random);
    one.state = 'lasts';
    one.from = world.clock.lived;
    one.awakeFrom = world.clock.awake;
    if (one.fault.name === 'database emptied') {
      for (const row of this.#inbound.filter(({ text }) => !told.has(text))) {
        row.isGone = true;
      }
    }
  }

  async #end(one: Standing): Promise<void> {
    const world = this.#world;
    await one.fault.end(world);
    if (one.fault.isByHand === true) {
      world.resumed();
      await world.order('resume');
    }
    one.state = 'over';
  }

  async #traffic(): Promise<void> {
    if (this.#random.below(TRAFFIC_STEPS) === 0) {
      await this.#hear();
    }
    if (this.#random.below(TRAFFIC_STEPS) === 0) {
      await this.#order();
    }
  }

  /** Somebody writes; while Messages does not run, it comes when it does. */
  async #hear(): Promise<string> {
    const { clock, mac } = this.#world;
    const text = this.#next('in');
    const date = clock.now();
    this.#inbound.push({ text, isGone: false });
    await mac.run({ command: 'text', args: { from: this.#random.pick(CONTACTS), text, date } });
    return text;
  }

  async #order(): Promise<string | null> {
    const text = this.#next('out');
    const { status, body } = await this.#world.bridge.request('POST', '/v1/messages', {
      to: this.#random.pick(CONTACTS),
      text,
    });
    const id = status === 201 ? String(body['id']) : null;
    this.#orders.push({ text, at: this.#world.clock.lived, id });
    return id;
  }

  async #isHeard(): Promise<boolean> {
    const text = await this.#hear();
    return this.#world.until(TRIAL_MS, async () => (await this.#told()).some((one) => one.text === text));
  }

  async #isSent(): Promise<boolean> {
    const id = await this.#order();
    if (id === null) {
      return false;
    }
    let state: string | null = null;
    await this.#world.until(TRIAL_MS, async () => {
      state = await this.#stateOf(id);
      return state !== null && !ON_THE_WAY.has(state);
    });
    return state !== null && SENT.has(state);
  }

  async #codes(): Promise<readonly string[]> {
    const { status, warnings } = await this.#world.bridge.health();
    return [status, ...warnings.map(({ code }) => code)];
  }

  async #isWell(): Promise<boolean> {
    const { status, messagesAppRunning, warnings } = await this.#world.bridge.health();
    const isRunning = messagesAppRunning && this.#world.mac.isRunning && !this.#world.mac.isSick;
    return isRunning && status === 'healthy' && warnings.every(({ code }) => TOLERATED.has(code));
  }

  /** What is told says what is the case, and what a person is to do about it. */
  async #isNamed(names: readonly string[]): Promise<boolean> {
    const { warnings } = await this.#world.bridge.health();
    return warnings.some(
      ({ code, text, action }) => names.includes(code) && text !== '' && action.includes(' '),
    );
  }

  async #lendEveryHand(): Promise<void> {
    const world = this.#world;
    world.emptyDisk();
    await world.mac.liftAll();
    await world.mac.end('kill');
    await world.mac.reopen();
    await world.order('resume');
    await world.until(30 * MINUTE_MS, () => this.#isWell());
  }

  async #told(): Promise<readonly { readonly text: string }[]> {
    const events = await this.#world.bridge.events('message.received');
    return events.map((event) => received.parse(event).data);
  }

  async #stateOf(id: string): Promise<string | null> {
    const { status, body } = await this.#world.bridge.request('GET', `/v1/outbox/${id}`);
    return status === 200 ? String(body['state']) : null;
  }

  /** Something is on its way, or unknown and followed up. */
  async #isAnyOpen(): Promise<boolean> {
    for (const { id } of this.#orders) {
      const state = id === null ? null : await this.#stateOf(id);
      if (state !== null && (state === 'unknown' || ON_THE_WAY.has(state))) {
        return true;
      }
    }
    return false;
  }

  #next(kind: string): string {
    this.#serial += 1;
    return `${kind} ${this.#serial} ${this.#random.below(1_000_000)}`;
  }

  async #evidence(): Promise<Evidence> {
    const world = this.#world;
    const { attempts, received: shown } = await world.mac.state();
    const orders: Evidence['orders'][number][] = [];
    for (const { id, text, at } of this.#orders) {
      // One that was accepted and is not known any more is open for good.
      orders.push({ text, at, state: id === null ? null : ((await this.#stateOf(id)) ?? 'lost') });
    }
    const told = (await this.#told()).map(({ text }) => text);
    const gaps = (await world.bridge.events('bridge.gap')).length;
    await world.bridge.stop();
    const standing = world.standing();
    return {
      inbound: this.#inbound,
      told,
      gaps,
      orders,
      received: shown.map(({ text, count }) => ({ text, count })),
      attempts: attempts.map(({ content, guid }, index) => ({
        text: content,
        at: world.attemptedAt[index] ?? world.clock.lived,
        isStanding: guid !== null && standing.has(guid),
      })),
      acts: world.mac.acts,
      pauses: world.pauses,
      faults: this.#faults,
    };
  }
}
