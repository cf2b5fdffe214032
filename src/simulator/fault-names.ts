import { lookedUp, moments, type Fault } from './fault.ts';

/** Apple events that may have been carried out although they failed: so their plain name means "at the send verb". */
const UNCERTAIN_CODES: ReadonlySet<number> = new Set([-609, -1712, -10_000]);

const PLAIN: Readonly<Record<string, Fault>> = {
  'no-row': { name: 'no-row' },
  hang: { name: 'hang', row: false, hard: false },
  'hang-hard': { name: 'hang', row: false, hard: true },
  'hang-after-send': { name: 'hang', row: true, hard: false },
  frozen: { name: 'frozen' },
  'signed-out': { name: 'signed-out' },
  disconnected: { name: 'disconnected' },
  'join-never': { name: 'join-never' },
  'body-corrupt': { name: 'body-corrupt' },
  'text-null': { name: 'text-null' },
  'transfer-failed': { name: 'transfer-failed' },
  'exit-nonzero': { name: 'exit', status: 1 },
  mute: { name: 'mute' },
  'wrong-chat': { name: 'wrong-chat' },
  ghost: { name: 'ghost' },
  downgrade: { name: 'downgrade' },
  'never-sent': { name: 'never-sent' },
  'receipts-together': { name: 'receipts-together' },
  german: { name: 'german' },
};

const TIMED = ['hang-then-send', 'row-late', 'join-late', 'body-late', 'attachment-late'] as const;

/** The names that `parseFault` takes, for a person to read. */
export const FAULT_NAMES: readonly string[] = [
  ...Object.keys(PLAIN),
  ...TIMED.map((name) => `${name} <ms>`),
  'error-<n>',
  'error-<n>-then-sent <ms>',
  'other-line-<address>',
  ...moments.map((moment) => `quit-${moment}`),
  ...lookedUp.map((what) => `-1728-${what}`),
  '-<code>',
  ...moments.map((moment) => `-<code>-${moment}`),
];

/**
 * A fault by its name in words (`error-22`, `row-late 5000`, `-1712-after-send`), or `null` if there is none such.
 * @param amount the number after the name, in ms
 */
export function parseFault(name: string, amount: number | null): Fault | null {
  const timed = TIMED.find((one) => one === name);
  if (timed !== undefined) {
    return amount === null ? null : { name: timed, ms: amount };
  }
  return (
    (Object.hasOwn(PLAIN, name) ? PLAIN[name] : null) ?? parseRowFault(name, amount) ?? parseScriptFault(name)
  );
}

function parseRowFault(name: string, amount: number | null): Fault | null {
  const [, line] = /^other-line-(\S+)$/u.exec(name) ?? [];
  if (line !== undefined) {
    return { name: 'other-line', line };
  }
  const [, error, then] = /^error-(\d{1,3})(-then-sent)?$/u.exec(name) ?? [];
  if (error === undefined || Number(error) === 0) {
    return null;
  }
  if (then === undefined) {
    return { name: 'error', error: Number(error) };
  }
  return amount === null ? null : { name: 'error', error: Number(error), thenSentMs: amount };
}

function parseScriptFault(name: string): Fault | null {
  const quit = moments.find((moment) => name === `quit-${moment}`);
  if (quit !== undefined) {
    return { name: 'quit', moment: quit };
  }
  const what = lookedUp.find((one) => name === `-1728-${one}`);
  if (what !== undefined) {
    return { name: 'not-found', what };
  }
  const [, digits, at] = /^(-\d{1,6})(?:-(before|at-send|after-send))?$/u.exec(name) ?? [];
  if (digits === undefined) {
    return null;
  }
  const code = Number(digits);
  const named = moments.find((moment) => moment === at);
  return { name: 'script-error', code, moment: named ?? (UNCERTAIN_CODES.has(code) ? 'at-send' : 'before') };
}
