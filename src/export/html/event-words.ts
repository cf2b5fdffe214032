import type { Message, ReactionType } from '../../domain/index.ts';
import { escapeHtml } from './escape.ts';
import { nameOf, writerOf } from './people.ts';
import type { Mark } from './timeline.ts';

/** What a centred line says, as HTML; `null` for what is a bubble. */
export function eventWords(message: Message): string | null {
  const who = writerOf(message);
  const { kind } = message;
  switch (kind.kind) {
    case 'text':
    case 'app':
      return null;
    case 'group_event':
      return groupWords(who, kind.action, kind.subject === null ? null : nameOf(kind.subject), kind.title);
    case 'location_sharing':
      return `${kind.byOwner ? 'You' : who} ${kind.action} sharing location`;
    case 'audio_kept':
      return `${who} kept a voice message`;
    case 'shareplay':
      return `${who} started SharePlay`;
    case 'app_notice':
      return message.text === null ? `${who} did something in an app` : noticeWords(message.text, who);
    // The four below stand alone only where what they belong to is not on the page.
    case 'reaction':
      return kind.action === 'remove'
        ? `${who} took back a reaction to a message that is not here`
        : `${who} reacted with ${symbolOf(kind.reaction, kind.emoji)} to a message that is not here`;
    case 'sticker':
      return `${who} put a sticker on a message that is not here`;
    case 'poll':
      return pollWords(kind.poll.action, who);
    case 'unknown':
      return `Something that this version does not know (${kind.itemType}, ${kind.groupActionType}, ${kind.associatedMessageType})`;
    default:
      return kind satisfies never;
  }
}

function pollWords(action: 'created' | 'options_added' | 'voted', who: string): string | null {
  switch (action) {
    case 'created':
      return null;
    case 'options_added':
      return `${who} added to a poll that is not here`;
    case 'voted':
      return `${who} voted in a poll that is not here`;
    default:
      return action satisfies never;
  }
}

type GroupAction = Extract<Message['kind'], { kind: 'group_event' }>['action'];

function groupWords(who: string, action: GroupAction, subject: string | null, title: string | null): string {
  switch (action) {
    case 'participant_added':
      return `${who} added ${subject ?? 'someone'} to the conversation`;
    case 'participant_removed':
      return `${who} removed ${subject ?? 'someone'} from the conversation`;
    case 'participant_left':
      return `${who} left the conversation`;
    case 'address_changed':
      return `${who} now writes from another address`;
    case 'renamed':
      return title === null
        ? `${who} removed the name of the conversation`
        : `${who} named the conversation “<bdi>${escapeHtml(title)}</bdi>”`;
    case 'photo_changed':
      return `${who} changed the group photo`;
    case 'photo_removed':
      return `${who} removed the group photo`;
    case 'background_changed':
      return `${who} changed the background`;
    case 'background_removed':
      return `${who} removed the background`;
    default:
      return action satisfies never;
  }
}

const PLACEHOLDER = /\$\(kIMTranscriptPluginBreadcrumbText\w*?(Receiver|Sender)Identifier\)/gu;

/** Messages puts the names in when it shows such a line. */
function noticeWords(text: string, who: string): string {
  const pieces = text.split(PLACEHOLDER);
  return pieces
    .map((piece, index) =>
      index % 2 === 0 ? escapeHtml(piece) : piece === 'Sender' ? who : 'the other side',
    )
    .join('');
}

const SYMBOLS = {
  love: '❤️',
  like: '👍',
  dislike: '👎',
  laugh: '😂',
  emphasize: '‼️',
  question: '❓',
  emoji: '🙂',
  sticker: 'a sticker',
  laid_sticker: 'a sticker',
} as const satisfies Record<ReactionType | 'laid_sticker', string>;

/** The sign of a tapback, as HTML. */
export function symbolOf(type: Mark['type'], emoji: string | null): string {
  return type === 'emoji' && emoji !== null ? escapeHtml(emoji) : SYMBOLS[type];
}
