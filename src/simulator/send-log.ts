import type { Clock } from '../runtime/index.ts';
import { sleep } from '../runtime/index.ts';

/** How far a send has come: its script asked, Messages took it, its row stands, is joined, and so on. */
export const SEND_STEPS = [
  'asked',
  'taken',
  'row',
  'joined',
  'sent',
  'received',
  'delivered',
  'read',
] as const;
export type SendStep = (typeof SEND_STEPS)[number];

/** One send that a script asked for, whatever became of it: for proofs of how often the daemon tried. */
export interface SendAttempt {
  readonly script: string;
  readonly form: string;
  readonly name: string;
  /** The text, or the path of the file. */
  readonly content: string;
  /** When each step was taken (Unix ms). Nothing leaves that was not `taken`, and nothing is in chat.db before `row`. */
  readonly steps: Readonly<Partial<Record<SendStep, number>>>;
  /** Its row's guid, once there is one. */
  readonly guid: string | null;
}

/** Says that a send has come to a step. */
export type Mark = (step: SendStep, guid?: string) => void;

interface Waiter {
  readonly content: string;
  readonly step: SendStep;
  readonly wake: () => void;
}

/** Every send with its steps, and whoever waits for one of them. */
export class SendLog {
  readonly #clock: Clock;
  readonly #attempts: SendAttempt[] = [];
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get attempts(): readonly SendAttempt[] {
    return this.#attempts;
  }

  begin(send: Pick<SendAttempt, 'script' | 'form' | 'name' | 'content'>): Mark {
    const index = this.#attempts.push({ ...send, steps: {}, guid: null }) - 1;
    const mark: Mark = (step, guid) => {
      const attempt = this.#attempts[index];
      if (attempt === undefined || attempt.steps[step] !== undefined) {
        return;
      }
      const steps = { ...attempt.steps, [step]: this.#clock.now() };
      this.#attempts[index] = { ...attempt, steps, guid: guid ?? attempt.guid };
      for (const waiter of this.#waiters) {
        if (waiter.step === step && waiter.content === send.content) {
          waiter.wake();
        }
      }
    };
    mark('asked');
    return mark;
  }

  /** Whether a send of `content` came to `step` within `timeoutMs`; at once if one has already. */
  async reaches(content: string, step: SendStep, timeoutMs: number): Promise<boolean> {
    const has = () => this.#attempts.some((one) => one.content === content && one.steps[step] !== undefined);
    if (has()) {
      return true;
    }
    const end = new AbortController();
    const waiter: Waiter = { content, step, wake: () => end.abort() };
    this.#waiters.add(waiter);
    await sleep(this.#clock, timeoutMs, end.signal);
    this.#waiters.delete(waiter);
    return has();
  }
}
