import { z } from 'zod';
import { TAPBACK_TYPES } from './tapback.ts';

const delay = z.number().int().min(0);

/** How a contact behaves towards what is sent to them. Absent means the default; `null` means never. */
export const behaviourSchema = z.strictObject({
  /** Whether the address exists on iMessage; otherwise a send ends with error 22. */
  reachable: z.boolean().optional(),
  /** Whether their devices are on; otherwise nothing is delivered until they are. */
  online: z.boolean().optional(),
  /** After delivery, in ms. */
  readsAfterMs: delay.nullable().optional(),
  answersAfterMs: delay.nullable().optional(),
  answer: z.string().min(1).optional(),
  reactsAfterMs: delay.nullable().optional(),
  reaction: z.enum(TAPBACK_TYPES).optional(),
});

export type Behaviour = z.infer<typeof behaviourSchema>;

export interface Person {
  readonly reachable: boolean;
  readonly online: boolean;
  /** `undefined`: as the simulator's timing says. */
  readonly readsAfterMs: number | null | undefined;
  readonly answersAfterMs: number | null;
  readonly answer: string;
  readonly reactsAfterMs: number | null;
  readonly reaction: (typeof TAPBACK_TYPES)[number];
}

const STRANGER: Person = {
  reachable: true,
  online: true,
  readsAfterMs: undefined,
  answersAfterMs: null,
  answer: 'Got it 👍',
  reactsAfterMs: null,
  reaction: 'love',
};

/** The contacts and their habits. Whoever was never named is reachable, online, reads and says nothing. */
export class People {
  readonly #people = new Map<string, Person>();
  /** Deliveries that wait for a phone to be switched on. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(known: Readonly<Record<string, Behaviour>>) {
    for (const [handle, behaviour] of Object.entries(known)) {
      this.set(handle, behaviour);
    }
  }

  get(handle: string): Person {
    return this.#people.get(handle) ?? STRANGER;
  }

  set(handle: string, behaviour: Behaviour): Person {
    const before = this.get(handle);
    const person: Person = {
      reachable: behaviour.reachable ?? before.reachable,
      online: behaviour.online ?? before.online,
      readsAfterMs: behaviour.readsAfterMs === undefined ? before.readsAfterMs : behaviour.readsAfterMs,
      answersAfterMs:
        behaviour.answersAfterMs === undefined ? before.answersAfterMs : behaviour.answersAfterMs,
      answer: behaviour.answer ?? before.answer,
      reactsAfterMs: behaviour.reactsAfterMs === undefined ? before.reactsAfterMs : behaviour.reactsAfterMs,
      reaction: behaviour.reaction ?? before.reaction,
    };
    this.#people.set(handle, person);
    if (person.online) {
      for (const deliver of this.#waiting.get(handle) ?? []) {
        deliver();
      }
      this.#waiting.delete(handle);
    }
    return person;
  }

  /** Runs `deliver` now, or when the person's phone is on again. */
  whenOnline(handle: string, deliver: () => void): void {
    if (this.get(handle).online) {
      deliver();
      return;
    }
    this.#waiting.set(handle, [...(this.#waiting.get(handle) ?? []), deliver]);
  }

  all(): Record<string, Person> {
    return Object.fromEntries(this.#people);
  }
}
