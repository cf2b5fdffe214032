import {
  chatKey,
  isAwaited,
  type Attempt,
  type AttemptPlace,
  type ChatKey,
  type Command,
  type CommandPart,
  type Message,
  type ProofRow,
  type Target,
} from '../domain/index.ts';
import { followUpOf, type OutboxTiming } from './timing.ts';

/** The chat in which a command's row will stand. */
export function chatOf(target: Target): ChatKey {
  return target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ['‘', "'"],
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
]);

/**
 * A text as it can be compared with what Messages stored of it: it composes accents, may substitute curly quotes,
 * drops variation selectors and trims white space (seen by peers on macOS 15 and 26).
 */
export function normaliseBody(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[‘’“”]/gu, (quote) => QUOTES.get(quote) ?? quote)
    .replace(/\u200D|\uFE0E|\uFE0F/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** What two parts have in common that no row could tell apart in one chat. */
export function likeness({ content }: CommandPart): string {
  return content.kind === 'text'
    ? `text:${normaliseBody(content.text)}`
    : `file:${content.name.normalize('NFC')}`;
}

/** A row may be dated so much before its script (clocks get corrected); what is older was sent long ago. */
const DATE_SLACK_MS = 15 * 60_000;
/** The same where the date alone tells which rows are from before the script. */
const SHORT_SLACK_MS = 2_000;

/** An attempt of a command, and where it stands in it. */
export interface FoundAttempt {
  readonly command: Command;
  readonly place: AttemptPlace;
}

interface Candidate extends FoundAttempt {
  readonly part: CommandPart;
  readonly attempt: Attempt;
}

/**
 * The oldest of the attempts that this row of our side can be the proof of, or `null`: a person sent it from a device.
 * The date counts beside the ROWID, because iCloud inserts old messages again under new ROWIDs; and a row that was made
 * after the follow-up had ended is somebody else's. What a person has decided about comes last.
 */
export function attemptProvedBy(
  message: Message,
  unproved: readonly Command[],
  timing: OutboxTiming,
): FoundAttempt | null {
  const awaited = awaitedFor(message, unproved, timing);
  const inChat = awaited.find(
    ({ command, part }) => chatOf(command.target) === message.chat?.key && isBodyOf(message, part),
  );
  if (inChat !== undefined) {
    return inChat;
  }
  if (message.chat === null) {
    return lastStarted(
      message,
      awaited.filter(({ command, part }) => isGroup(command.target) && isBodyOf(message, part)),
    );
  }
  return isGhost(message)
    ? lastStarted(
        message,
        awaited.filter(
          ({ command, attempt }) =>
            attempt.proof === null && identifierOf(command.target) === message.chat?.identifier,
        ),
      )
    : null;
}

/** A script has ended long before, or Messages has made its row by then. */
const MADE_WITHIN_MS = 30_000;

/**
 * A ghost says nothing but when it was made and for whom, and a row to a group without its join not even that. Scripts
 * run one at a time, so it is of the last that was started before. Should that be wrong of a ghost, a row with the text
 * still outweighs it.
 */
function lastStarted({ sentAt }: Message, candidates: readonly Candidate[]): FoundAttempt | null {
  const [last] = candidates
    .filter(({ attempt: { startedAt } }) => sentAt >= startedAt && sentAt <= startedAt + MADE_WITHIN_MS)
    .toSorted((a, b) => b.attempt.startedAt - a.attempt.startedAt);
  return last ?? null;
}

/**
 * The oldest attempt whose body stands in this row, though in another chat than it was meant for. Only a row from
 * before the outcome became unknown: the longer it takes, the more likely a person has written the same.
 */
export function attemptElsewhere(
  message: Message,
  unproved: readonly Command[],
  timing: OutboxTiming,
): FoundAttempt | null {
  return (
    awaitedFor(message, unproved, timing).find(
      ({ command, part, attempt }) =>
        message.chat !== null &&
        attempt.elsewhere === null &&
        (attempt.state.name !== 'unknown' || message.sentAt <= attempt.state.since) &&
        chatOf(command.target) !== message.chat?.key &&
        isBodyOf(message, part),
    ) ?? null
  );
}

/** What the row says of the part that it proves. */
export function proofRow(message: Message, part: CommandPart): ProofRow {
  const { delivery } = message;
  const { content } = part;
  return {
    guid: message.guid,
    rowId: message.rowId,
    service: message.service,
    wasDowngraded: delivery.wasDowngraded,
    isSent: delivery.isSent,
    isDelivered: delivery.isDelivered || delivery.deliveredAt !== null,
    isRead: delivery.isRead || delivery.readAt !== null,
    error: delivery.error,
    isGhost: isGhost(message),
    isTransferFailed:
      content.kind === 'file' &&
      message.attachments.some((file) => isNamed(file.filename, content.name) && file.transferState === 6),
  };
}

function awaitedFor(message: Message, unproved: readonly Command[], timing: OutboxTiming): Candidate[] {
  if (!message.isFromMe || !mayBeSent(message)) {
    return [];
  }
  return unproved
    .flatMap((command) =>
      command.parts.flatMap((part, index) =>
        part.attempts.map((attempt, number): Candidate => ({
          command,
          part,
          attempt,
          place: { part: index, attempt: number },
        })),
      ),
    )
    .filter(({ part, attempt }) => isAwaited(attempt) && isInTime(message, part, attempt, timing))
    .toSorted((a, b) => Number(isDecided(a.attempt)) - Number(isDecided(b.attempt)));
}

function isDecided({ state, resolvedAs }: Attempt): boolean {
  return resolvedAs !== null || state.name === 'failed';
}

/**
 * Whether a script can have caused the row. The texts of tapbacks, group events and the like are Messages' own words,
 * and a replay is an old message again: neither proves that a new one left.
 */
function mayBeSent({ kind, replayOf }: Message): boolean {
  return replayOf === null && (kind.kind === 'text' || kind.kind === 'app' || kind.kind === 'unknown');
}

/** The row came after the script was started, and before its follow-up ended. */
function isInTime(message: Message, part: CommandPart, attempt: Attempt, timing: OutboxTiming): boolean {
  const { state } = attempt;
  const isOver = state.name !== 'sending' && state.name !== 'dispatched';
  // What was taken for a ghost has its row soon or never: later the same text is one that a person sent by hand.
  const followUpMs = attempt.proof === null ? followUpOf(part, timing) : MADE_WITHIN_MS;
  const end = (state.name === 'unknown' ? state.since : attempt.startedAt) + followUpMs;
  return (
    isAfterStart(message, attempt) &&
    // What waited for the end has its own rows from then on.
    (!isOver || message.sentAt < end)
  );
}

/** Numbers of another database say nothing: a row that capture had not seen there is then known by its date alone. */
function isAfterStart({ rowId, sentAt }: Message, { startedAt, watermark }: Attempt): boolean {
  if (watermark === null) {
    return sentAt >= startedAt - SHORT_SLACK_MS;
  }
  // 0: the row has no date, and so says nothing against it.
  return rowId > watermark && (sentAt === 0 || sentAt >= startedAt - DATE_SLACK_MS);
}

function isBodyOf(message: Message, { content }: CommandPart): boolean {
  return content.kind === 'text'
    ? message.text !== null && normaliseBody(message.text) === normaliseBody(content.text)
    : message.attachments.some((file) => isNamed(file.filename, content.name));
}

function isNamed(filename: string | null, name: string): boolean {
  return filename !== null && filename.normalize('NFC') === name.normalize('NFC');
}

/** macOS 26: no body and no join ever came, and the row is addressed to the chat's own name. */
function isGhost({ chatResolved, text, attachments, bodyStatus, kind }: Message): boolean {
  return (
    chatResolved === 'handle' &&
    (text === null || text === '') &&
    bodyStatus !== 'undecodable' &&
    attachments.length === 0 &&
    kind.kind === 'text'
  );
}

function isGroup(target: Target): boolean {
  return chatOf(target).startsWith('group:');
}

function identifierOf(target: Target): string {
  const key = chatOf(target);
  return key.slice(key.indexOf(':') + 1);
}
