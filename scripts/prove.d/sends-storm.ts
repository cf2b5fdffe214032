import { setTimeout as pause } from 'node:timers/promises';
import type { SimulatorProcess } from '../../src/simulator/index.ts';
import type { ProvedDaemon } from './sends-daemon.ts';
import type { Disturbance, Order } from './sends-plan.ts';

/** Something that was done to a bridge, and for how long it lasted. */
export interface Blow {
  readonly what: string;
  /** The order that asked for it. */
  readonly key: string;
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** How long Messages, or its database, stays away. */
const AWAY_MS = 700;

/** Does to one bridge and its Mac what the orders ask for, one thing at a time. */
export class Storm {
  readonly #mac: SimulatorProcess;
  readonly #daemon: ProvedDaemon;
  readonly #makeGroups: () => Promise<void>;
  readonly #blows: Blow[] = [];
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(mac: SimulatorProcess, daemon: ProvedDaemon, makeGroups: () => Promise<void>) {
    this.#mac = mac;
    this.#daemon = daemon;
    this.#makeGroups = makeGroups;
  }

  get blows(): readonly Blow[] {
    return this.#blows;
  }

  /** Whether everything that was asked for has been done. */
  get isOver(): boolean {
    return this.#waiting === 0;
  }

  /** Strikes once nothing else does, so long after now as the order says. */
  async strike(order: Order, what: Disturbance): Promise<void> {
    this.#waiting += 1;
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = done.promise;
    try {
      await before;
      await pause(order.delayMs);
      const from = Date.now();
      await this.#act(order, what);
      this.#blows.push({
        key: order.key,
        what: 'content' in what ? `${what.what} ${what.content}` : what.what,
        from,
        to: Date.now(),
      });
    } finally {
      this.#waiting -= 1;
      done.resolve();
    }
  }

  async #act(order: Order, what: Disturbance): Promise<void> {
    const mac = this.#mac;
    const daemon = this.#daemon;
    switch (what.what) {
      case 'kill':
        await daemon.kill();
        if (what.again) {
          await daemon.startAndKill(300 + order.delayMs * 10);
        }
        await daemon.start();
        return;
      case 'kill-and-renumber':
        await daemon.kill();
        await mac.command({ command: 'replace-database', args: { content: 'renumbered', from: 3 } });
        await daemon.start();
        return;
      case 'kill-reader':
        await daemon.killReader();
        return;
      case 'replace':
        await mac.command({
          command: 'replace-database',
          args: what.content === 'empty' ? { content: 'empty' } : { content: 'renumbered', from: 7 },
        });
        await this.#makeGroups();
        return;
      case 'quit':
        await mac.command({ command: 'quit' });
        await pause(AWAY_MS);
        await mac.command({ command: 'reopen' });
        return;
      case 'crash':
        await mac.command({ command: 'kill' });
        await pause(AWAY_MS);
        await mac.command({ command: 'reopen' });
        return;
      case 'vanish':
        await mac.command({ command: 'vanish' });
        await pause(AWAY_MS);
        await mac.command({ command: 'restore' });
        return;
      case 'reopen':
        await pause(AWAY_MS);
        await mac.command({ command: 'reopen' });
        return;
      case 'replay':
        await mac.command({ command: 'replay', args: { contact: chatOf(order), count: 8 } });
        return;
      default:
        return what satisfies never;
    }
  }
}

/** `chat_identifier` of the chat that an order goes to. */
function chatOf({ to }: Order): string {
  return to.split(';').at(-1) ?? to;
}
