import { z } from 'zod';

const ms = z.number().int().min(0);

/** Where a script's error is raised: looking up the target, at the `send` verb, or when the text is already on its way. */
const moments = ['before', 'at-send', 'after-send'] as const;

/**
 * What can go wrong. `script-error` and `hang` end or hold the script, the others shape the row that it leaves, so
 * several can be armed together (a hang, and the row 5 s late).
 */
export const faultSchema = z.discriminatedUnion('name', [
  /** The row ends with this FZErrorType: 22 not reachable, 25 attachment not readable. */
  z.strictObject({ name: z.literal('error'), error: z.number().int().positive() }),
  /** The script says `sent`, and no row comes; nobody gets anything. */
  z.strictObject({ name: z.literal('no-row') }),
  /** Nothing more until it is killed; `row` tells whether the text goes out all the same, `hard` that SIGTERM is ignored. */
  z.strictObject({ name: z.literal('hang'), row: z.boolean(), hard: z.boolean() }),
  /** Messages stands still: every script hangs, asking included. Nothing goes out. */
  z.strictObject({ name: z.literal('frozen') }),
  z.strictObject({ name: z.literal('row-late'), ms }),
  z.strictObject({ name: z.literal('join-late'), ms }),
  z.strictObject({ name: z.literal('join-never') }),
  z.strictObject({ name: z.literal('body-late'), ms }),
  z.strictObject({
    name: z.literal('script-error'),
    code: z.number().int().negative(),
    moment: z.enum(moments),
  }),
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
  /** Error texts come in German with typographic quotes, as on a Mac set to German. */
  z.strictObject({ name: z.literal('german') }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultTimes = 'next' | 'on';

/** Apple events that may have been carried out although they failed: so their plain name means "at the send verb". */
const UNCERTAIN_CODES: ReadonlySet<number> = new Set([-609, -1712, -10_000]);

const PLAIN: Readonly<Record<string, Fault>> = {
  'no-row': { name: 'no-row' },
  hang: { name: 'hang', row: false, hard: false },
  'hang-then-send': { name: 'hang', row: true, hard: false },
  'hang-hard': { name: 'hang', row: false, hard: true },
  frozen: { name: 'frozen' },
  'join-never': { name: 'join-never' },
  'exit-nonzero': { name: 'exit', status: 1 },
  mute: { name: 'mute' },
  'wrong-chat': { name: 'wrong-chat' },
  ghost: { name: 'ghost' },
  downgrade: { name: 'downgrade' },
  'never-sent': { name: 'never-sent' },
  german: { name: 'german' },
};

/** The names that `parseFault` takes, for a person to read. */
export const FAULT_NAMES: readonly string[] = [
  ...Object.keys(PLAIN),
  'error-<n>',
  'row-late <ms>',
  'join-late <ms>',
  'body-late <ms>',
  '-<code>',
  '-<code>-before',
  '-<code>-at-send',
  '-<code>-after-send',
];

/** A fault by its name in words (`error-22`, `row-late 5000`, `-1712-after-send`), or `null` if there is none such. */
export function parseFault(name: string, amount: number | null): Fault | null {
  const plain = PLAIN[name];
  if (plain !== undefined) {
    return plain;
  }
  if (name === 'row-late' || name === 'join-late' || name === 'body-late') {
    return amount === null ? null : { name, ms: amount };
  }
  const error = /^error-(\d{1,3})$/u.exec(name);
  if (error?.[1] !== undefined) {
    return { name: 'error', error: Number(error[1]) };
  }
  const script = /^(-\d{1,6})(?:-(before|at-send|after-send))?$/u.exec(name);
  if (script?.[1] === undefined) {
    return null;
  }
  const code = Number(script[1]);
  const named = moments.find((moment) => moment === script[2]);
  return { name: 'script-error', code, moment: named ?? (UNCERTAIN_CODES.has(code) ? 'at-send' : 'before') };
}

/** The armed faults, in the order in which they were asked for. */
export class Faults {
  #armed: { readonly fault: Fault; readonly times: FaultTimes }[] = [];

  arm(fault: Fault, times: FaultTimes): void {
    this.#armed.push({ fault, times });
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly { readonly fault: Fault; readonly times: FaultTimes }[] {
    return [...this.#armed];
  }

  /** The faults that meet this send; those armed for one send are used up. */
  forSend(): Fault[] {
    const met = this.#armed.map((entry) => entry.fault);
    this.#armed = this.#armed.filter((entry) => entry.times === 'on');
    return met;
  }

  /** The faults that meet every script, a question included; none is used up by it. */
  forQuestion(): Fault[] {
    return this.#armed
      .map((entry) => entry.fault)
      .filter(
        (fault) =>
          fault.name === 'frozen' ||
          fault.name === 'german' ||
          (fault.name === 'script-error' && (fault.code === -1743 || fault.code === -1744)),
      );
  }
}
