import type { WireMessage } from '../contract/index.ts';

/** Stands in a text where an attachment is. */
const ATTACHMENT = /\uFFFC/gu;

const REACTIONS: Readonly<Record<string, string>> = {
  love: '♥',
  like: '👍',
  dislike: '👎',
  laugh: '😂',
  emphasize: '‼',
  question: '❓',
};

/** What a message says, as one would read it aloud: its text, its files, or what kind of thing it is. */
export function messageText(message: WireMessage): string {
  const { text = '', reaction, group_event: groupEvent } = message;
  if (message.is_unsent) {
    return '(taken back)';
  }
  if (reaction !== undefined) {
    return reactionText(reaction.emoji ?? reaction.type, reaction.action === 'add');
  }
  if (groupEvent !== undefined) {
    const about = groupEvent.title ?? groupEvent.subject;
    return `(${groupEvent.action.replaceAll('_', ' ')}${about === undefined ? '' : `: ${about}`})`;
  }
  const words = text.replaceAll(ATTACHMENT, '').trim();
  const files = message.attachments.map((file) => `[${file.filename ?? file.mime_type ?? 'file'}]`);
  const said = [...(words === '' ? [] : [words]), ...files].join(' ');
  if (said !== '') {
    return said;
  }
  if (message.body_status === 'undecodable') {
    return '(a text that could not be decoded)';
  }
  return message.kind === 'app' ? `(${message.app_bundle_id ?? 'an app'})` : '(no text)';
}

/** A tapback: `♥ on a message`. */
export function reactionText(type: string, isAdded: boolean): string {
  return `(${isAdded ? '' : 'takes back '}${REACTIONS[type] ?? type}${isAdded ? ' on a message' : ''})`;
}
