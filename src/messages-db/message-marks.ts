import { messageGuid, type Attachment, type Instant, type Message } from '../domain/index.ts';
import { appleMilliseconds } from './apple-time.ts';
import type { MessageContent } from './message-content.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { flagOf, integerOf, textOf } from './sql-value.ts';

type Filtering = Message['filtering'];

/** By the last piece of `expressive_send_style_id`. */
const BUBBLE_EFFECTS: Readonly<Record<string, string>> = {
  gentle: 'gentle',
  impact: 'slam',
  invisibleink: 'invisible_ink',
  loud: 'loud',
};
const BUBBLE_PREFIX = 'com.apple.MobileSMS.expressivesend.';
const SCREEN_EFFECTS: Readonly<Record<string, string>> = {
  CKConfettiEffect: 'confetti',
  CKEchoEffect: 'echo',
  CKFireworksEffect: 'fireworks',
  CKHappyBirthdayEffect: 'balloons',
  CKHeartEffect: 'heart',
  CKLasersEffect: 'lasers',
  CKShootingStarEffect: 'shooting_star',
  CKSparklesEffect: 'sparkles',
  CKSpotlightEffect: 'spotlight',
};
const SCREEN_PREFIX = 'com.apple.messages.effect.';

/** Attachment states in which a file is still coming: waiting to finalising, and an error that is tried again. */
const COMING: ReadonlySet<number> = new Set([-1, 0, 1, 2, 3, 4, 7]);
const SCHEDULED = 2;

const FILTER_ACTIONS = ['none', 'allow', 'junk', 'promotion', 'transaction'] as const;
const EXPIRY = ['active', 'will_expire', 'expired'] as const;

/** `part:start:length`; a part of -1, as an unsigned number of 64 bits too, is all of the message. */
export function replyTarget(row: MessageRow): Message['replyTo'] {
  const guid = textOf(row[AT.thread_originator_guid]);
  if (guid === null) {
    return null;
  }
  const [part, start, length] = (textOf(row[AT.thread_originator_part]) ?? '').split(':');
  return {
    guid: messageGuid(guid),
    part: numberOf(part),
    start: numberOf(start),
    length: numberOf(length),
  };
}

const DIGITS = /^\d{1,15}$/u;

function numberOf(digits: string | undefined): number | null {
  return digits !== undefined && DIGITS.test(digits) ? Number(digits) : null;
}

export function sendEffect(row: MessageRow): Message['effect'] {
  const id = textOf(row[AT.expressive_send_style_id]);
  if (id === null) {
    return null;
  }
  if (id.startsWith(BUBBLE_PREFIX)) {
    return { type: 'bubble', name: nameIn(BUBBLE_EFFECTS, id) };
  }
  return { type: id.startsWith(SCREEN_PREFIX) ? 'screen' : 'unknown', name: nameIn(SCREEN_EFFECTS, id) };
}

function nameIn(names: Readonly<Record<string, string>>, id: string): string {
  const last = id.slice(id.lastIndexOf('.') + 1);
  return (Object.hasOwn(names, last) ? names[last] : undefined) ?? last;
}

export function audioOf(row: MessageRow, content: MessageContent): Message['audio'] {
  if (!flagOf(row[AT.is_audio_message])) {
    return null;
  }
  const { transcription } = content;
  const state = integerOf(row[AT.expire_state]);
  const isExpirable = flagOf(row[AT.is_expirable]) || state !== 0;
  return {
    expiry: isExpirable ? (EXPIRY[state] ?? 'none') : 'none',
    playedAt: appleMilliseconds(row[AT.PLAYED]),
    transcription,
    transcriptionStatus:
      transcription !== null ? 'stored' : isRecordingComing(content.attachments, state) ? 'pending' : 'none',
  };
}

/** The file is on its way, or its row is; of a recording that has expired nothing comes any more. */
function isRecordingComing(attachments: readonly Attachment[], expireState: number): boolean {
  const isExpired = EXPIRY[expireState] === 'expired';
  return !isExpired && (attachments.length === 0 || attachments.some((one) => COMING.has(one.transferState)));
}

export function scheduleOf(row: MessageRow, dueAt: Instant): Message['schedule'] {
  return integerOf(row[AT.schedule_type]) === SCHEDULED
    ? { dueAt, state: integerOf(row[AT.schedule_state]) }
    : null;
}

const UNFILTERED: Filtering = { isSpam: false, chat: 'known', action: 'none' };

export function filteringOf(row: MessageRow, chat: Filtering['chat']): Filtering {
  const isSpam = flagOf(row[AT.is_spam]);
  const code = integerOf(row[AT.filter_action]);
  return !isSpam && code === 0 && chat === 'known'
    ? UNFILTERED
    : { isSpam, chat, action: FILTER_ACTIONS[code] ?? code };
}
