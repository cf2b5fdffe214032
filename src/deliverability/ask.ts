import { chatKey, handle, instant, type ChatKey, type Handle, type Instant } from '../domain/index.ts';
import type { Awake } from './awake.ts';
import type { LineStanding } from './facts.ts';
import type { GuardLineRow } from './guard-line.ts';
import type { Question } from './judge.ts';
import { contactKey } from './ledger/entry.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Limits } from './limits.ts';
import type { Send, Stage } from './send.ts';
import type { TimeZones } from './time-zones.ts';

const DIRECT = 'direct:';

/** A plain text to nobody, for asking about the account itself. */
export const NOBODY: Send = {
  id: '',
  chat: chatKey('direct', ''),
  recipients: [],
  family: 'imessage',
  text: null,
  hasFiles: false,
  bubbles: 1,
  optIn: null,
  onLimit: 'reject',
};

/** A plain text to a contact, for asking about that contact. */
export function plainText(chat: ChatKey): Send {
  return { ...NOBODY, id: `contact ${chat}`, chat, recipients: recipientsOf(chat) };
}

/** The contact of a one-to-one chat; the members of a group are not in its name. */
export function recipientsOf(chat: string): readonly Handle[] {
  return chat.startsWith(DIRECT) ? [handle(chat.slice(DIRECT.length))] : [];
}

export type Ask = (send: Send, at: Instant, stage: Stage) => Question;

export function createAsk(deps: {
  readonly ledger: Ledger;
  readonly limits: () => Limits;
  readonly line: GuardLineRow;
  readonly awake: Awake;
}): Ask {
  const { ledger, awake } = deps;
  return (send, at, stage) => {
    const limits = deps.limits();
    const chat = contactKey(send.chat);
    const line = deps.line.read();
    const zone = ledger.contact(send)?.time_zone ?? null;
    const digest = ledger.digest(send.text);
    return {
      send,
      stage,
      at,
      limits,
      factsAt: (moment) =>
        ledger.facts({
          id: send.id,
          chat,
          family: send.family,
          digest,
          stage,
          now: at,
          at: moment,
          line: standingAt(line, moment),
          idleDays: limits.rules.line_warming_up.idle_days,
          awakeAt: (from, to) => awake(send.recipients, zone, { from, to }, moment),
        }),
    };
  };
}

/** A critical time that has passed leaves a ramp that began at its end. */
function standingAt(line: LineStanding, at: Instant): LineStanding {
  return line.heldUntil !== null && at >= line.heldUntil
    ? { ...line, heldUntil: null, rampFrom: instant(Math.max(line.heldUntil, line.rampFrom ?? 0)) }
    : line;
}

/** The zone of those whose address tells none: as configured, else of the line's number, else of this Mac. */
export function lineZone(options: {
  readonly lineTimeZone: string | null;
  readonly line: () => Handle | null;
  readonly zones: TimeZones;
}): string {
  const line = options.line();
  const [zone, ...others] = line === null ? [] : options.zones(line);
  const ofNumber = zone !== undefined && others.length === 0 ? zone : null;
  return options.lineTimeZone ?? ofNumber ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
