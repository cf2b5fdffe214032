import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../../src/deliverability/index.ts';
import type { CommandId } from '../../src/domain/index.ts';
import { decidedAnswers, type Answer, type Answers } from './limits-answers.ts';
import { PlayClock } from './limits-clock.ts';
import { startDaemon, type LimitsDaemon, type Wish } from './limits-daemon.ts';
import { Heap } from './limits-heap.ts';
import { LimitsMac } from './limits-mac.ts';
import { seededRandom, type Random } from './random.ts';

/** What a client has asked for, and what it was told. */
export interface Asked extends Wish {
  readonly at: number;
  /** The code of the rule that refused it at once; `null` where it was taken on. */
  readonly refused: string | null;
  /** Its last state; `refused` where it was refused at once. */
  readonly state: string;
  /** The rule that was last against it. */
  readonly heldBy: string | null;
}

/** Messages was closed, or the daemon was down. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

export interface Played {
  readonly database: string;
  readonly calls: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly asked: readonly Asked[];
  readonly outages: readonly Outage[];
  /** What was written because of a message of ours, and how anyone would have answered any other. */
  readonly answered: readonly { readonly contact: string; readonly at: number }[];
  readonly answers: Answers;
}

/** What a scenario may do. */
export interface Stage {
  readonly random: Random;
  readonly startAt: number;
  now(): number;
  /** At a moment, or now if that is past. */
  at(moment: number, work: () => void): void;
  /** Rows from before the daemon's first start; each with its date. */
  readonly mac: LimitsMac;
  says(from: string, text: string): void;
  phone(to: string, text: string, options?: { readonly service?: string; readonly date?: number }): void;
  ask(wish: Wish): void;
  /** How a contact answers a text of ours. */
  answer(rule: (to: string, random: Random, text: string) => Answer | null): void;
  quitMessages(): void;
  openMessages(): void;
  /** The daemon is killed, and is gone until it is started again. */
  stopDaemon(): void;
  startDaemon(): void;
}

export interface Scenario {
  readonly name: string;
  readonly startAt: number;
  readonly days: number;
  /** Rows from before, and what begins by itself. */
  readonly prepare: (stage: Stage) => void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

/** While nothing is to be done the guard has its look at the line all the same. */
const IDLE_MS = 120_000;
/** A queued command is looked at by the lane so often; where nothing comes of it, less often here. */
const LOOK_MS = 500;
const SELDOM_MS = 10_000;

/** Plays a scenario through the daemon's own parts, leap by leap. */
export async function play(options: {
  readonly scenario: Scenario;
  readonly folder: string;
  readonly limits: Limits;
  readonly seed: number;
  readonly onProgress?: (share: number) => void;
}): Promise<Played> {
  const { scenario, limits, seed } = options;
  const folder = join(options.folder, scenario.name.replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  const clock = new PlayClock(scenario.startAt);
  const mac = new LimitsMac(folder, clock);
  /** What is to happen, by its time; of one moment, in the order in which it was entered. */
  const agenda = new Heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  let entries = 0;
  const outages: { readonly of: 'messages' | 'daemon'; readonly from: number; to: number }[] = [];
  const wishes: { wish: Wish; at: number; outcome: { id: CommandId } | { refused: string } }[] = [];
  const waiting: Wish[] = [];
  const answered: { contact: string; at: number }[] = [];
  let answers: Answers = () => null;
  let daemon: LimitsDaemon | null = null;
  const wanted: { change: 'start' | 'stop' | null } = { change: 'start' };
  const end = scenario.startAt + scenario.days * 86_400_000;

  const began = (of: 'messages' | 'daemon'): void => void outages.push({ of, from: clock.now(), to: end });
  const ended = (of: 'messages' | 'daemon'): void => {
    const last = outages.findLast((one) => one.of === of);
    if (last !== undefined) {
      last.to = clock.now();
    }
  };
  const look = (): void => daemon?.look();
  const stage: Stage = {
    random: seededRandom(seed),
    startAt: scenario.startAt,
    mac,
    now: () => clock.now(),
    at: (moment, work) => {
      entries += 1;
      agenda.add({ at: Math.max(moment, clock.now()), order: entries, work });
    },
    says: (from, text) => {
      mac.says(from, text);
      look();
    },
    phone: (to, text, phone = {}) => {
      mac.phone(to, text, phone);
      look();
    },
    ask: (wish) => void waiting.push(wish),
    answer: (rule) => {
      answers = decidedAnswers(seed, rule);
    },
    quitMessages: () => {
      mac.isRunning = false;
      began('messages');
    },
    openMessages: () => {
      mac.isRunning = true;
      ended('messages');
    },
    stopDaemon: () => {
      wanted.change = 'stop';
      began('daemon');
    },
    startDaemon: () => {
      wanted.change = 'start';
      ended('daemon');
    },
  };
  mac.onSent = (to, text) => {
    look();
    const answer = text === null ? null : answers(to, text);
    if (answer !== null) {
      stage.at(clock.now() + answer.afterMs, () => {
        answered.push({ contact: to, at: clock.now() });
        stage.says(to, answer.text);
        answer.afterwards?.();
      });
    }
  };
  scenario.prepare(stage);

  let quiet = 0;
  for (;;) {
    if (wanted.change === 'stop' && daemon !== null) {
      await daemon.stop();
      daemon = null;
    } else if (wanted.change === 'start' && daemon === null) {
      daemon = await startDaemon({ folder, mac, clock, limits });
    }
    wanted.change = null;
    if (daemon !== null) {
      for (const wish of waiting.splice(0)) {
        wishes.push({ wish, at: clock.now(), outcome: await daemon.ask(wish, wishes.length) });
      }
    }
    const before: number = daemon?.activity() ?? 0;
    await daemon?.settle();
    quiet = daemon?.activity() === before ? quiet + 1 : 0;

    const wake = daemon?.nextWake() ?? { at: Number.POSITIVE_INFINITY, isQueued: false };
    const pause = wake.isQueued ? (quiet > 4 ? SELDOM_MS : LOOK_MS) : IDLE_MS;
    const next = Math.min(
      agenda.first()?.at ?? Number.POSITIVE_INFINITY,
      clock.nextDue(),
      Math.max(wake.at, clock.now() + LOOK_MS),
      clock.now() + pause,
    );
    if (next > end) {
      break;
    }
    clock.moveTo(next);
    while ((agenda.first()?.at ?? Number.POSITIVE_INFINITY) <= clock.now()) {
      agenda.take()?.work();
    }
    options.onProgress?.((clock.now() - scenario.startAt) / (end - scenario.startAt));
  }

  const asked = wishes.map(({ wish, at, outcome }): Asked => {
    const refused = 'refused' in outcome ? outcome.refused : null;
    const state = 'id' in outcome ? (daemon?.command(outcome.id)?.state.name ?? 'unread') : 'refused';
    const heldBy = 'id' in outcome ? (daemon?.heldBy(outcome.id) ?? null) : refused;
    return { ...wish, at, refused, state, heldBy };
  });
  await daemon?.stop();
  mac.close();
  return {
    database: mac.database,
    calls: mac.calls,
    startAt: scenario.startAt,
    endAt: end,
    asked,
    outages,
    answered,
    answers,
  };
}
