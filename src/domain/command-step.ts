import { failedWith, withRow, type ProofRow } from './command-row.ts';
import {
  partState,
  settled,
  type Attempt,
  type AttemptState,
  type Command,
  type CommandPart,
  type Elsewhere,
  type Failure,
  type Hold,
  type LimitHit,
  type Refusal,
  type Service,
  type UnknownCause,
} from './command.ts';
import type { Instant, RowId } from './ids.ts';

/** Which attempt an input is about, by position. */
export interface AttemptPlace {
  readonly part: number;
  readonly attempt: number;
}

/** `part` is a position; where an input names no attempt it is about the part's last. */
export type CommandInput =
  /** What it waited for has come. */
  | { readonly type: 'due' }
  | { readonly type: 'replied' }
  | { readonly type: 'defer'; readonly until: Instant; readonly limit: LimitHit }
  | { readonly type: 'refuse'; readonly refusal: Refusal }
  | {
      readonly type: 'start';
      readonly part: number;
      readonly watermark: RowId;
      readonly isKnown: boolean;
      readonly service: Service | null;
    }
  | { readonly type: 'accepted'; readonly part: number }
  /** The script certainly sent nothing, because Messages could not be reached: it may go again later. */
  | { readonly type: 'requeue'; readonly part: number }
  | { readonly type: 'rejected'; readonly part: number; readonly failure: Failure }
  | { readonly type: 'uncertain'; readonly part: number; readonly cause: UnknownCause }
  | { readonly type: 'row'; readonly place: AttemptPlace; readonly row: ProofRow }
  | { readonly type: 'row_gone'; readonly place: AttemptPlace }
  | { readonly type: 'elsewhere'; readonly place: AttemptPlace; readonly where: Elsewhere }
  /** The store was replaced by an earlier one, or by what was left of it: what may have gone since never goes again. */
  | { readonly type: 'store_replaced' }
  /** Another database has taken the place of the one that the watermarks were of. */
  | { readonly type: 'renumbered' }
  | { readonly type: 'give_up'; readonly place: AttemptPlace }
  /** There is no way to send the text message that was to follow. */
  | { readonly type: 'no_fallback'; readonly part: number }
  | { readonly type: 'resolve'; readonly as: 'sent' | 'not_sent' }
  | { readonly type: 'cancel' }
  | { readonly type: 'expire' };

/**
 * The command after the input, or `null` where the input does not apply to its state. An attempt is committed as
 * `sending` before its script starts, so that a crash can never hide one; `unknown` means "may have been sent" and is
 * never tried again.
 */
export function step(command: Command, input: CommandInput, now: Instant): Command | null {
  const next = change(command, input, now);
  return next === null ? null : settled({ ...withoutRest(next, now), updatedAt: now });
}

function change(command: Command, input: CommandInput, now: Instant): Command | null {
  switch (input.type) {
    case 'due':
      return held(command, ['deferred'], { name: 'queued' });
    case 'replied':
      return replied(command, now);
    case 'defer':
      return held(command, ['queued'], {
        name: 'deferred',
        reason: 'limit',
        until: input.until,
        limit: input.limit,
      });
    case 'refuse':
      return ended(command, { name: 'refused', at: now, refusal: input.refusal });
    case 'cancel':
      return ended(command, { name: 'canceled', at: now });
    case 'expire':
      return ended(command, { name: 'expired', at: now });
    case 'start':
      return started(command, input, now);
    case 'accepted':
      return lastAttempt(command, input.part, (attempt) =>
        attempt.state.name === 'sending' ? { ...attempt, state: { name: 'dispatched' } } : null,
      );
    case 'requeue':
      return requeued(command, input.part, now);
    case 'rejected':
      return lastAttempt(command, input.part, (attempt) => rejected(attempt, input.failure, now));
    case 'uncertain':
      return lastAttempt(command, input.part, (attempt) => uncertain(attempt, input.cause, now));
    case 'row':
      return onPart(command, input.place.part, (part) =>
        withRow(command, part, { attempt: input.place.attempt, row: input.row }, now),
      );
    case 'row_gone':
      return onAttempt(command, input.place, (attempt) =>
        attempt.state.name === 'dispatched' && attempt.proof !== null
          ? { ...attempt, state: unknown('row_gone', now) }
          : null,
      );
    case 'elsewhere':
      return onAttempt(command, input.place, (attempt) =>
        attempt.elsewhere === null && attempt.proof === null ? { ...attempt, elsewhere: input.where } : null,
      );
    case 'store_replaced':
      return disowned(command, now);
    case 'renumbered':
      return renumbered(command);
    case 'give_up':
      return onAttempt(command, input.place, (attempt) => givenUp(attempt, now));
    case 'no_fallback':
      return onPart(command, input.part, (part) =>
        part.fallbackAt === null ? null : { ...part, fallbackAt: null },
      );
    case 'resolve':
      return resolved(command, input.as, now);
    default:
      return input satisfies never;
  }
}

function isWaiting(hold: Hold): boolean {
  return hold.name === 'queued' || hold.name === 'deferred';
}

function held(command: Command, from: readonly Hold['name'][], hold: Hold): Command | null {
  return from.includes(command.hold.name) ? { ...command, hold } : null;
}

function replied(command: Command, now: Instant): Command | null {
  const { hold, notBefore } = command;
  // A limit on what starts something may let a reply pass: it is asked again, at the time that the client wants.
  const isFreed = hold.name === 'deferred' && hold.reason !== 'not_before';
  if (!isFreed && (command.isReply || !isWaiting(hold))) {
    return null;
  }
  const isEarly = isFreed && hold.reason === 'limit' && notBefore !== null && now < notBefore;
  const freed: Hold = isEarly
    ? { name: 'deferred', reason: 'not_before', until: notBefore }
    : { name: 'queued' };
  return { ...command, isReply: true, hold: isFreed ? freed : hold };
}

/** Only what has not been started can still be held back; of a fallback, that is the second attempt. */
function ended(command: Command, hold: Hold): Command | null {
  const waits = command.parts.some((part) => part.attempts.length === 0 || part.fallbackAt !== null);
  return !isWaiting(command.hold) || !waits
    ? null
    : { ...command, hold, parts: command.parts.map((part) => ({ ...part, fallbackAt: null })) };
}

function started(
  command: Command,
  input: Extract<CommandInput, { type: 'start' }>,
  now: Instant,
): Command | null {
  return onPart(command, input.part, (part) => {
    const isFirst = part.attempts.length === 0 && command.hold.name === 'queued';
    const isFallback = part.fallbackAt !== null && now >= part.fallbackAt;
    const attempt: Attempt = {
      startedAt: now,
      watermark: input.watermark,
      isKnown: input.isKnown,
      service: input.service,
      state: { name: 'sending' },
      proof: null,
      elsewhere: null,
      resolvedAs: null,
    };
    return isFirst || isFallback
      ? { ...part, attempts: [...part.attempts, attempt], fallbackAt: null }
      : null;
  });
}

function requeued(command: Command, index: number, now: Instant): Command | null {
  return onPart(command, index, (part) => {
    const last = part.attempts.at(-1);
    const before = part.attempts.slice(0, -1);
    return last?.state.name === 'sending' && last.proof === null
      ? { ...part, attempts: before, fallbackAt: before.length > 0 && isWaiting(command.hold) ? now : null }
      : null;
  });
}

function rejected(attempt: Attempt, failure: Failure, now: Instant): Attempt | null {
  // A row outweighs what the script said of itself.
  return attempt.state.name === 'sending' && attempt.proof === null
    ? { ...attempt, state: { name: 'failed', at: now, failure } }
    : null;
}

/** With a part that failed, those that were to follow it are not sent either. */
function withoutRest(command: Command, now: Instant): Command {
  const isFailed = command.parts.some((part) => partState(command, part).name === 'failed');
  return isFailed && isWaiting(command.hold) ? { ...command, hold: { name: 'canceled', at: now } } : command;
}

function uncertain(attempt: Attempt, cause: UnknownCause, now: Instant): Attempt | null {
  const { state, proof } = attempt;
  if (state.name !== 'sending' && state.name !== 'dispatched') {
    return null;
  }
  // The row is there: the message exists, whatever became of the script. It only waits for its fate.
  if (proof !== null) {
    return state.name === 'sending' ? { ...attempt, state: { name: 'dispatched' } } : null;
  }
  return { ...attempt, state: unknown(cause, now) };
}

function unknown(cause: UnknownCause, since: Instant): AttemptState {
  return { name: 'unknown', since, cause, final: false };
}

function givenUp(attempt: Attempt, now: Instant): Attempt | null {
  const { state, elsewhere } = attempt;
  if (state.name !== 'unknown' || state.final) {
    return null;
  }
  return elsewhere === null || attempt.proof !== null
    ? { ...attempt, state: { ...state, final: true } }
    : { ...attempt, state: failedWith('misrouted', 'It stands in another chat than it was meant for.', now) };
}

function resolved(command: Command, as: 'sent' | 'not_sent', now: Instant): Command | null {
  if (command.state.name !== 'unknown') {
    return null;
  }
  const parts = command.parts.map((part) => ({
    ...part,
    attempts: part.attempts.map((attempt): Attempt => {
      if (attempt.state.name !== 'unknown') {
        return attempt;
      }
      const state: AttemptState =
        as === 'sent'
          ? { name: 'sent', at: now }
          : failedWith('not_sent', 'A person looked and found that it was not sent.', now);
      return { ...attempt, state, resolvedAs: as };
    }),
  }));
  return { ...command, parts };
}

/**
 * Whatever was still to be started may have been, and whatever ran may have ended: all of it is unknown, for rows that
 * are yet to be told to prove. Its numbers say nothing; what counts of such a row is its date.
 */
function disowned(command: Command, now: Instant): Command | null {
  const isOpen = isWaiting(command.hold);
  const mayHaveGone = (service: Service | null): Attempt => ({
    startedAt: command.createdAt,
    watermark: null,
    isKnown: false,
    service,
    state: unknown('store_replaced', now),
    proof: null,
    elsewhere: null,
    resolvedAs: null,
  });
  let isOther = false;
  const parts = command.parts.map((part): CommandPart => {
    const last = part.attempts.at(-1);
    if (isOpen && (last === undefined || part.fallbackAt !== null)) {
      isOther = true;
      const attempt = mayHaveGone(last === undefined ? null : 'SMS');
      return { ...part, attempts: [...part.attempts, attempt], fallbackAt: null };
    }
    const after = last === undefined || last.proof !== null ? null : uncertain(last, 'store_replaced', now);
    isOther ||= after !== null;
    return after === null ? part : { ...part, attempts: [...part.attempts.slice(0, -1), after] };
  });
  return isOther ? { ...command, hold: isOpen ? { name: 'queued' } : command.hold, parts } : null;
}

function renumbered(command: Command): Command | null {
  return {
    ...command,
    parts: command.parts.map((part) => ({
      ...part,
      attempts: part.attempts.map((attempt) =>
        attempt.proof === null ? { ...attempt, watermark: null } : attempt,
      ),
    })),
  };
}

function onPart(
  command: Command,
  index: number,
  move: (part: CommandPart) => CommandPart | null,
): Command | null {
  const part = command.parts[index];
  const next = part === undefined ? null : move(part);
  return next === null ? null : { ...command, parts: command.parts.with(index, next) };
}

function onAttempt(
  command: Command,
  place: AttemptPlace,
  move: (attempt: Attempt) => Attempt | null,
): Command | null {
  return onPart(command, place.part, (part) => {
    const attempt = part.attempts[place.attempt];
    const next = attempt === undefined ? null : move(attempt);
    return next === null ? null : { ...part, attempts: part.attempts.with(place.attempt, next) };
  });
}

function lastAttempt(
  command: Command,
  index: number,
  move: (attempt: Attempt) => Attempt | null,
): Command | null {
  const last = (command.parts[index]?.attempts.length ?? 0) - 1;
  return onAttempt(command, { part: index, attempt: last }, move);
}
