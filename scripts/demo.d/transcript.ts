import pc from 'picocolors';
import type { Event } from './controller.ts';
import { PEOPLE } from './play.ts';

/** Names of the groups, by chat id. */
const GROUPS = new Map<string, string>();
/** The last state that was shown of each command. */
const SHOWN = new Map<string, string>();
/** States that the message itself tells of. */
const TOLD_BY_MESSAGE = new Set(['sent', 'delivered', 'read', 'failed']);

/** One line of the transcript for an event, or `null` for one that a reader can do without. */
export function transcriptLine(event: Event, zone: string): string | null {
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: zone }).format(
    new Date(event.timestamp),
  );
  const said = describe(event);
  return said === null ? null : `  ${pc.dim(time)}  ${said}  ${pc.dim(`#${event.sequence} ${event.type}`)}`;
}

function describe({ type, data }: Event): string | null {
  const text = words(data['text']);
  switch (type) {
    case 'message.received':
      return `${pc.cyan(column(`${name(data['sender'])}${inGroup(data)}`))} ${text}`;
    case 'message.edited':
      return `${pc.cyan(column(`${name(data['sender'])} edits`))} ${text}`;
    case 'reaction.added':
      return `${pc.cyan(column(`${name(data['sender'])} reacts`))} ${words(data['type'])}`;
    case 'message.created':
      return `${pc.green(column(data['origin'] === 'bridge' ? 'Blueline' : 'Owner, on the phone'))} ${text}`;
    case 'message.sent':
      // A text typed on the phone is first seen when it has already been sent.
      return data['origin'] === 'device'
        ? `${pc.green(column('Owner, on the phone'))} ${text}`
        : step('sent', text);
    case 'message.delivered':
      return step('delivered', text);
    case 'message.read':
      return data['reader'] === 'contact' ? step('read', text) : null;
    case 'message.failed':
      return pc.red(`${column('  not delivered')} ${errorOf(data)}`);
    case 'chat.created':
      GROUPS.set(words(data['id']), words(data['name']));
      return data['is_group'] === true ? pc.dim(`${column('  new group')} ${words(data['name'])}`) : null;
    case 'command.updated':
      return isNewStep(data) ? pc.dim(`${column(`  ${words(data['state'])}`)} ${recipient(data)}`) : null;
    default:
      return null;
  }
}

function isNewStep(data: Event['data']): boolean {
  const [id, state] = [words(data['id']), words(data['state'])];
  const isNew = SHOWN.get(id) !== state && !TOLD_BY_MESSAGE.has(state);
  SHOWN.set(id, state);
  return isNew;
}

function recipient(data: Event['data']): string {
  const group = GROUPS.get(words(data['chat_id']));
  return `to ${group === undefined || group === '' ? name(data['to']) : group}`;
}

function step(state: string, text: string): string {
  return pc.dim(`${column(`  ${state} ✓`)} ${text}`);
}

function column(text: string): string {
  return text.padEnd(20);
}

function name(handle: unknown): string {
  return PEOPLE[String(handle)] ?? String(handle);
}

function inGroup(data: Event['data']): string {
  const group = GROUPS.get(words(data['chat_id']));
  return group === undefined || group === '' ? '' : `, in ${group}`;
}

function errorOf(data: Event['data']): string {
  const { error } = data;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : 'failed';
}

function words(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
