import { z } from 'zod';

const ms = z.number().int().min(0);

/** Where a script's error is raised: looking up the target, at the `send` verb, or when the text is already on its way. */
export const moments = ['before', 'at-send', 'after-send'] as const;
export const lookedUp = ['chat', 'participant', 'account'] as const;

/**
 * What can go wrong with a send. Some end or hold the script, the others shape the row that it leaves, so several can
 * be armed together (a hang, and the row 5 s late).
 */
export const faultSchema = z.discriminatedUnion('name', [
  /**
   * The row ends with this FZErrorType: 22 not reachable, 25 attachment not readable. With `thenSentMs` it goes out
   * all the same, so much later.
   */
  z.strictObject({
    name: z.literal('error'),
    error: z.number().int().positive(),
    thenSentMs: ms.optional(),
  }),
  /** The script says `sent`, and no row comes; nobody gets anything. */
  z.strictObject({ name: z.literal('no-row') }),
  /** Nothing more until it is killed; `row` tells whether the text has gone out before, `hard` that SIGTERM is ignored. */
  z.strictObject({ name: z.literal('hang'), row: z.boolean(), hard: z.boolean() }),
  /** Nothing more until it is killed, and `ms` after that the text goes out all the same. */
  z.strictObject({ name: z.literal('hang-then-send'), ms, hard: z.boolean().optional() }),
  /** Messages stands still: every script hangs, asking included. Nothing goes out. */
  z.strictObject({ name: z.literal('frozen') }),
  /** Nobody is signed in: Messages names no account for iMessage, and takes nothing. */
  z.strictObject({ name: z.literal('signed-out') }),
  /** The account has no connection to Apple: what is taken stays unsent. */
  z.strictObject({ name: z.literal('disconnected') }),
  z.strictObject({ name: z.literal('row-late'), ms }),
  z.strictObject({ name: z.literal('join-late'), ms }),
  z.strictObject({ name: z.literal('join-never') }),
  z.strictObject({ name: z.literal('body-late'), ms }),
  /** The row's body is cut off in the middle, and its `text` is NULL. */
  z.strictObject({ name: z.literal('body-corrupt') }),
  /** `text` is NULL whatever the macOS: the body alone holds it. */
  z.strictObject({ name: z.literal('text-null') }),
  /** An attachment's row comes with the message, its join so much later. */
  z.strictObject({ name: z.literal('attachment-late'), ms }),
  /** The file never leaves: its transfer_state ends at 6, and the message is neither sent nor failed. */
  z.strictObject({ name: z.literal('transfer-failed') }),
  /** `what` cannot be found, where it is what the send names; sends that name something else go on. */
  z.strictObject({ name: z.literal('not-found'), what: z.enum(lookedUp) }),
  z.strictObject({
    name: z.literal('script-error'),
    code: z.number().int().negative(),
    moment: z.enum(moments),
  }),
  /** Messages quits: before the send with -600, else with -609. What had been taken goes out once it runs again. */
  z.strictObject({ name: z.literal('quit'), moment: z.enum(moments) }),
  /** Sends, then exits with this status and neither `sent` nor a word on stderr. */
  z.strictObject({ name: z.literal('exit'), status: z.number().int().min(1).max(255) }),
  /** Sends, exits 0 and never says `sent`. */
  z.strictObject({ name: z.literal('mute') }),
  /** The row stands in another chat than asked for, and that chat's people get the text. */
  z.strictObject({ name: z.literal('wrong-chat') }),
  /** macOS 26: a row without body and join, addressed to the chat's name; nobody gets anything. */
  z.strictObject({ name: z.literal('ghost') }),
  /** It goes out as SMS. */
  z.strictObject({ name: z.literal('downgrade') }),
  /** The row stays neither sent nor failed. */
  z.strictObject({ name: z.literal('never-sent') }),
  /** Delivered and read are written in one commit. */
  z.strictObject({ name: z.literal('receipts-together') }),
  /** It goes out from another of the account's addresses than the line's. */
  z.strictObject({ name: z.literal('other-line'), line: z.string().min(1) }),
  /** Error texts come in German with typographic quotes, as on a Mac set to German. */
  z.strictObject({ name: z.literal('german') }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultTimes = 'next' | 'on';

interface Armed {
  readonly fault: Fault;
  readonly times: FaultTimes;
  /** Only a send of exactly this text meets it; `null`: whatever comes. */
  readonly text: string | null;
}

/** The armed faults, in the order in which they were asked for. */
export class Faults {
  #armed: Armed[] = [];

  arm(fault: Fault, times: FaultTimes, text: string | null = null): void {
    this.#armed.push({ fault, times, text });
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly Armed[] {
    return [...this.#armed];
  }

  /** The faults that meet a send of `content`; those armed for one send are used up. */
  forSend(content: string): Fault[] {
    const met = this.#armed.filter((entry) => entry.text === null || entry.text === content);
    this.#armed = this.#armed.filter((entry) => entry.times === 'on' || !met.includes(entry));
    return met.map((entry) => entry.fault);
  }

  /** The faults that meet every script, a question included; none is used up by it. */
  forQuestion(): Fault[] {
    return this.#armed
      .filter((entry) => entry.text === null)
      .map((entry) => entry.fault)
      .filter(
        (fault) =>
          fault.name === 'frozen' ||
          fault.name === 'german' ||
          fault.name === 'signed-out' ||
          fault.name === 'disconnected' ||
          (fault.name === 'script-error' && (fault.code === -1743 || fault.code === -1744)),
      );
  }
}
