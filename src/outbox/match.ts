import { chatKey, type ChatKey, type Command, type Message, type Target } from '../domain/index.ts';

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

/** A row may be dated so much before its command (clocks get corrected); what is older was sent long ago. */
const DATE_SLACK_MS = 15 * 60_000;

/**
 * The oldest of the commands that this row of our side can be the proof of, or `null`: a person sent it from a device.
 * The date counts beside the ROWID, because iCloud inserts old messages again under new ROWIDs; and a row that was made
 * after the follow-up (`followUpMs`) had ended is somebody else's.
 */
export function commandProvedBy(
  message: Message,
  unproved: readonly Command[],
  followUpMs: number,
): Command | null {
  if (!message.isFromMe || message.chat === null || message.text === null || !mayBeSent(message)) {
    return null;
  }
  const body = normaliseBody(message.text);
  const { key } = message.chat;
  return (
    unproved.find(
      (command) =>
        command.proof === null &&
        isAwaited(command, message, followUpMs) &&
        chatOf(command.target) === key &&
        normaliseBody(command.text) === body,
    ) ?? null
  );
}

/**
 * Whether a script can have caused the row. The texts of tapbacks, group events and the like are Messages' own words,
 * and a replay is an old message again: neither proves that a new one left.
 */
function mayBeSent({ kind, replayOf }: Message): boolean {
  return replayOf === null && (kind.kind === 'text' || kind.kind === 'app' || kind.kind === 'unknown');
}

/** Its script has been started, and the row came after that. */
function isAwaited(command: Command, message: Message, followUpMs: number): boolean {
  const { state } = command;
  switch (state.name) {
    case 'sending':
    case 'dispatched':
    case 'unknown':
      return (
        message.rowId > state.watermark &&
        // 0: the row has no date, and so says nothing against it.
        (message.sentAt === 0 || message.sentAt >= command.createdAt - DATE_SLACK_MS) &&
        (state.name !== 'unknown' || message.sentAt <= state.since + followUpMs)
      );
    case 'queued':
    case 'sent':
    case 'delivered':
    case 'read':
    case 'failed':
    case 'expired':
      return false;
    default:
      return state satisfies never;
  }
}
