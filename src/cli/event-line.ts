import type { z } from 'zod';
import type { eventSchema, WireMessage } from '../contract/index.ts';
import type { AddressBook } from './address-book.ts';
import { messageText, reactionText } from './message-text.ts';
import { timeOfDay } from './moments.ts';
import type { Colors } from './session.ts';
import { paintState } from './state-colors.ts';
import { displayWidth, visible } from './visible-text.ts';

type Event = z.infer<typeof eventSchema>;

/** What is told of an event: which way it went, with whom, what, and how far it got. Not made visible yet. */
interface Told {
  readonly arrow: '←' | '→' | '·';
  readonly who: string;
  readonly what: string;
  readonly state?: string;
  readonly isQuiet?: boolean;
}

const LINE_COLUMNS = 12;
const WHO_COLUMNS = 16;

/** One event on one line: time, line, direction, who, what, state. The book learns from it. */
export function eventLine(event: Event, book: AddressBook, colors: Colors): string {
  learn(event, book);
  const { arrow, who, what, state, isQuiet } = tell(event, book);
  const line = event.line_id === null ? '' : book.line(event.line_id);
  const text = visible(what);
  return [
    colors.dim(timeOfDay(Date.parse(event.timestamp))),
    colors.dim(pad(visible(line), LINE_COLUMNS)),
    arrow === '←' ? colors.cyan(arrow) : arrow === '→' ? colors.green(arrow) : colors.dim(arrow),
    arrow === '←' ? colors.cyan(pad(visible(who), WHO_COLUMNS)) : pad(visible(who), WHO_COLUMNS),
    ...(text === '' ? [] : [isQuiet === true ? colors.dim(text) : text]),
    ...(state === undefined ? [] : [paintState(state, colors)]),
  ]
    .join('  ')
    .trimEnd();
}

/** An event of a kind that this version does not know. */
export function unknownEventLine(event: { readonly type: string; readonly sequence: number }): string {
  return `${''.padEnd(8)}  ${visible(event.type)} #${event.sequence}`;
}

/** Says that events are missing; loud, because whoever reads on without it draws wrong conclusions. */
export function gapLine(
  gap: { readonly from: number; readonly to: number; readonly reason: string },
  colors: Colors,
): string {
  const reasons: Readonly<Record<string, string>> = {
    retention: 'they are no longer kept',
    epoch_changed: 'the daemon has a new store and counts anew',
    ahead_of_head: 'the daemon never gave them out',
  };
  const reason = reasons[gap.reason] ?? gap.reason;
  return colors.yellow(`━━ gap: events ${gap.from} to ${gap.to} cannot be read: ${reason} ━━`);
}

function learn(event: Event, book: AddressBook): void {
  if (event.type === 'chat.created') {
    book.learnChat(event.data);
  } else if (event.type === 'chat.updated') {
    book.rename(event.data.chat_id, event.data.name);
  } else if (event.type === 'command.updated') {
    if (!event.data.to.startsWith('cht_')) {
      book.learnContact(event.data.chat_id, event.data.to);
    }
  } else if ('line_handle' in event.data) {
    book.learnLine(event.data);
    if ('is_group' in event.data && !event.data.is_group && !event.data.is_from_me) {
      book.learnContact(event.data.chat_id, event.data.sender);
    }
  }
}

function tell(event: Event, book: AddressBook): Told {
  switch (event.type) {
    case 'message.received':
      return { ...message(event.data, book), isQuiet: false };
    case 'message.created':
      return {
        ...message(event.data, book),
        isQuiet: false,
        state: event.data.origin === 'device' ? 'created on a device' : 'created',
      };
    case 'message.sent':
    case 'message.delivered':
      return { ...message(event.data, book), state: event.data.state };
    case 'message.read':
      return { ...message(event.data, book), state: event.data.reader === 'self' ? 'read by us' : 'read' };
    case 'message.failed':
      return {
        ...message(event.data, book),
        state: 'failed',
        what: `${messageText(event.data)}${reason(event.data.error?.message)}`,
      };
    case 'message.edited':
    case 'message.unsent':
    case 'message.updated':
      return { ...message(event.data, book), isQuiet: false, state: event.type.slice('message.'.length) };
    case 'message.deleted':
      return aside(book.chat(event.data.chat_id), 'a message was deleted');
    case 'reaction.added':
    case 'reaction.removed':
      return {
        arrow: event.data.is_from_me ? '→' : '←',
        who: party(event.data, book),
        what: reactionText(event.data.type, event.data.added),
      };
    case 'attachment.ready':
      return aside(
        book.chat(event.data.chat_id),
        `[${event.data.filename ?? event.data.mime_type ?? 'file'}] is on disk`,
      );
    case 'chat.created':
      return aside(
        book.chat(event.data.id),
        event.data.is_group ? `new group of ${event.data.participants.length}` : 'new chat',
      );
    case 'chat.updated':
      return aside(
        book.chat(event.data.chat_id),
        event.data.change === 'renamed' ? 'was renamed' : 'has a new photo',
      );
    case 'participant.added':
      return aside(book.chat(event.data.chat_id), `${event.data.handle ?? 'someone'} was added`);
    case 'participant.removed':
      return aside(book.chat(event.data.chat_id), `${event.data.handle ?? 'someone'} left`);
    case 'command.updated':
      return {
        arrow: '·',
        who: book.chat(event.data.chat_id),
        what: `${event.data.id}${reason(event.data.error_detail?.message)}`,
        state: event.data.state,
        isQuiet: true,
      };
    case 'line.state_changed':
      return { ...aside('line', event.data.reason ?? ''), state: event.data.state };
    case 'line.reputation_changed':
      return { ...aside('line', event.data.signals.join(', ')), state: event.data.reputation };
    case 'line.limit_reached':
      return aside(
        'line',
        `${event.data.rule}: ${event.data.used} of ${event.data.limit} used (${event.data.percent} %)`,
      );
    case 'contact.opted_out':
      return aside(book.chat(event.data.chat_id), 'asked for no more messages');
    case 'event.erased':
      return { arrow: '·', who: '', what: 'was erased', isQuiet: true };
    case 'webhook.disabled':
      return { ...aside('webhook', `${event.data.webhook_id}: ${event.data.reason}`), state: 'disabled' };
    case 'bridge.started':
      return aside('bridge', `started, version ${event.data.version}`);
    case 'bridge.health_changed':
      return { ...aside('bridge', event.data.codes.join(', ')), state: event.data.status };
    case 'bridge.gap':
      return {
        arrow: '·',
        who: 'bridge',
        what: `━━ gap: ${GAPS[event.data.reason]}; what Messages held before row ${event.data.last_row_id} is not told ━━`,
      };
    default:
      return event satisfies never;
  }
}

const GAPS = {
  database_replaced: "Messages' database was replaced",
  database_rebuilt: "Messages' database was rebuilt",
  store_restored: "Blueline's own store was restored from a backup",
  store_rebuilt: "Blueline's own store was damaged and made anew",
} as const;

/** A step of a message that was told before is quiet: its text is repeated only to say which it is. */
function message(data: WireMessage, book: AddressBook): Told {
  return {
    arrow: data.is_from_me ? '→' : '←',
    who: party(data, book),
    what: messageText(data),
    isQuiet: true,
  };
}

/** Theirs: who wrote, and in which group. Ours: whom it went to. */
function party(data: Pick<WireMessage, 'is_from_me' | 'sender' | 'chat_id'>, book: AddressBook): string {
  const chat = book.chat(data.chat_id);
  if (data.is_from_me) {
    return chat;
  }
  return book.isGroup(data.chat_id) ? `${data.sender} in ${chat}` : data.sender;
}

function aside(who: string, what: string): Told {
  return { arrow: '·', who, what, isQuiet: true };
}

function reason(text: string | undefined): string {
  return text === undefined ? '' : `: ${text}`;
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}
