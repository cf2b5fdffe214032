import type { Guard } from '../deliverability/index.ts';
import { Retried, type Clock } from '../runtime/index.ts';
import type { Outbox } from './outbox.ts';

/** How Messages and its database stand, in the words of those who watch them. */
export interface Reach {
  readonly app: string;
  readonly capture: string;
}

export interface LineControl {
  /** A person's word. The guard keeps it, and tells it as an event; the lane stops and goes on by it. */
  order(act: 'pause' | 'resume' | 'flag' | 'clear', reason: string | null): void;
  /**
   * Tells the guard when the line goes out of reach and comes back; what is only not known yet changes nothing. Never
   * throws: what the store would not take now is told when it does.
   */
  reached(reach: Reach): void;
}

const APP_AWAY: ReadonlySet<string> = new Set(['not_running', 'not_responding', 'denied']);
const CAPTURE_AWAY: ReadonlySet<string> = new Set(['unavailable', 'stopped']);

/** Where guard and lane are told the same of the line. */
export function createLineControl(
  guard: Pick<Guard, 'order'>,
  outbox: Pick<Outbox, 'pause' | 'resume' | 'wake'>,
  clock: Clock,
): LineControl {
  let isAway: boolean | null = null;
  let toldAway: boolean | null = null;
  const telling = new Retried(clock, () => {
    if (isAway !== null && isAway !== toldAway) {
      guard.order({ do: isAway ? 'offline' : 'online' });
      toldAway = isAway;
    }
  });
  return {
    order: (act, reason) => {
      // The guard first: the lane waits for it, too, should the process end in between.
      switch (act) {
        case 'pause':
          guard.order({ do: 'pause', reason: reason ?? 'operator' });
          outbox.pause();
          return;
        case 'resume':
          guard.order({ do: 'resume', reason });
          outbox.resume();
          return;
        case 'flag':
          guard.order({ do: 'flag', reason: reason ?? 'operator' });
          return;
        case 'clear':
          guard.order({ do: 'clear_flag', reason });
          outbox.wake();
          return;
        default:
          act satisfies never;
      }
    },
    reached: ({ app, capture }) => {
      const isGone = APP_AWAY.has(app) || CAPTURE_AWAY.has(capture);
      const isBack = app === 'running' && capture === 'following';
      if (isGone || isBack) {
        isAway = isGone;
        telling.run();
      }
    },
  };
}
