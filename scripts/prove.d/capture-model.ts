import type { Content, FlagChange, NewFile, Op, Revision } from './capture-ops.ts';
import type { Seen } from './capture-journal.ts';

/** What a committed row says, as far as somebody should be told. */
export interface RowState {
  readonly isThere: boolean;
  /** For reactions and group events: the one event that the row is; `message` for all others. */
  readonly kind: 'message' | 'reaction.added' | 'reaction.removed' | GroupEvent;
  readonly isOwn: boolean;
  readonly place: 'nowhere' | 'chat' | 'recent';
  readonly isSent: boolean;
  readonly isDelivered: boolean;
  readonly isRead: boolean;
  readonly error: number;
  /** `null` for a row of the history: its text is not known, and it was never edited. */
  readonly content: Content | null;
  readonly isEmptied: boolean;
  readonly hasPreview: boolean;
  /** Attachment → `transfer_state`; its file lies there from the beginning. */
  readonly files: Readonly<Record<string, number>>;
}

export type GroupEvent = 'participant.added' | 'participant.removed' | 'chat.updated';

export interface Version {
  readonly state: RowState;
  /** Number of the transaction. */
  readonly step: number;
  /** Unix ms by which it had committed. */
  readonly at: number;
}

export interface Chat {
  readonly guid: string;
  readonly identifier: string;
  readonly isGroup: boolean;
  readonly members: readonly [string, ...string[]];
}

/** One row of `message` in the model: what it says, what of that has been judged, and what the journal told since. */
export class Row {
  readonly guid: string;
  readonly chat: Chat;
  /** In the order of ROWIDs; 0 for rows of the history. */
  readonly ordinal: number;
  /** What the journal should say beside the event itself: the row's date was long past, or it is a second copy. */
  readonly mark: string;
  /** Who wrote it; `null` is our side. */
  readonly from: string | null;
  /** The row's date: Unix ms, and so many nanoseconds. */
  readonly date: { readonly at: number; readonly nanoseconds: number };
  readonly isAudio: boolean;
  /** For tapbacks: what it was put on. */
  readonly target: Row | null;
  /** What a client believes who knew the row at the start and has read every event since. */
  readonly belief: Belief;
  /** What was done to it, in short, for a person who reads a finding. */
  readonly story: string[] = [];
  /** With everything that has been ordered, committed or not. */
  now: RowState;
  /** Committed and not yet judged, oldest first. */
  versions: Version[] = [];
  /** What was last told of it; `null` if nothing was. */
  told: RowState | null;
  /** Not yet judged. */
  seen: Seen[] = [];
  /** Something of it was lost before: what comes now may be that. */
  isGivenUp = false;

  constructor(fields: {
    readonly guid: string;
    readonly chat: Chat;
    readonly ordinal: number;
    readonly now: RowState;
    readonly told: RowState | null;
    readonly from: string | null;
    readonly date: Row['date'];
    readonly mark?: string;
    readonly isAudio?: boolean;
    readonly target?: Row;
  }) {
    this.guid = fields.guid;
    this.chat = fields.chat;
    this.ordinal = fields.ordinal;
    this.now = fields.now;
    this.told = fields.told;
    this.belief = {
      isKnown: fields.told !== null,
      isGone: false,
      isSent: fields.told?.isSent ?? false,
      isDelivered: fields.told?.isDelivered ?? false,
      isRead: fields.told?.isRead ?? false,
      hasFailed: (fields.told?.error ?? 0) !== 0,
      revisions: 0,
    };
    this.mark = fields.mark ?? '';
    this.from = fields.from;
    this.date = fields.date;
    this.isAudio = fields.isAudio ?? false;
    this.target = fields.target ?? null;
  }

  /** As far as it has committed. */
  get committed(): RowState | null {
    return this.versions.at(-1)?.state ?? this.told;
  }
}

export interface Belief {
  isKnown: boolean;
  isGone: boolean;
  isSent: boolean;
  isDelivered: boolean;
  isRead: boolean;
  hasFailed: boolean;
  revisions: number;
}

export const ABSENT: RowState = {
  isThere: false,
  kind: 'message',
  isOwn: false,
  place: 'nowhere',
  isSent: false,
  isDelivered: false,
  isRead: false,
  error: 0,
  content: null,
  isEmptied: false,
  hasPreview: false,
  files: {},
};

export const EMPTY_CONTENT: Content = {
  text: null,
  files: [],
  revisions: [],
  retracted: [],
  transcript: null,
};

/** A row that could be told at once: nothing of it is still to come. */
export function isComplete(state: RowState): boolean {
  return state.place !== 'nowhere' && hasBody(state);
}

export function hasBody(state: RowState): boolean {
  const { content, kind } = state;
  return kind !== 'message' || content === null || content.text !== null || state.isEmptied;
}

export function filesOf(files: readonly NewFile[]): Readonly<Record<string, number>> {
  return Object.fromEntries(files.map((file) => [file.guid, file.state]));
}

const FLAGS: Readonly<Record<FlagChange, Partial<RowState>>> = {
  sent: { isSent: true, error: 0 },
  delivered: { isDelivered: true },
  read: { isRead: true },
  delivered_read: { isDelivered: true, isRead: true },
  owner_read: { isRead: true },
  failed: { error: 22, isSent: false },
  retried: { error: 0, isSent: true },
};

/** What a row says after an op on it; new rows come with their state. */
export function after(state: RowState, op: Op): RowState {
  switch (op.op) {
    case 'flags':
      return { ...state, ...FLAGS[op.set] };
    case 'content':
      return { ...state, content: op.content, isEmptied: partsLeft(op.content) === 0 };
    case 'join':
    case 'restore':
      return { ...state, place: 'chat' };
    case 'recent':
      return { ...state, place: 'recent' };
    case 'purge':
      return { ...ABSENT, kind: state.kind, isOwn: state.isOwn };
    case 'preview':
      return { ...state, hasPreview: true };
    case 'file':
      return { ...state, files: { ...state.files, [op.file]: op.state } };
    case 'noise':
    case 'message':
    case 'tapback':
    case 'group':
    case 'chat':
      return state;
    default:
      return op satisfies never;
  }
}

function partsLeft(content: Content): number {
  const parts = content.files.length + (content.text === null ? 0 : 1);
  return parts - content.retracted.length;
}

/** Edits that the row itself still tells: none once the edited part was taken back. */
export function editsOf(state: RowState): number {
  const { content } = state;
  if (content === null || content.retracted.includes(content.files.length)) {
    return 0;
  }
  return Math.max(0, content.revisions.length - 1);
}

export function edited(content: Content, text: string, at: number, sentAt: number): Content {
  const original: Revision = { at: sentAt, text: content.text ?? 'what it said before' };
  const before = content.revisions.length === 0 ? [original] : content.revisions;
  return { ...content, text, revisions: [...before, { at, text }] };
}
