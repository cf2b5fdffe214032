import type { Instant, Message, PartHistory } from '../domain/index.ts';

/** How often any part of the message has been edited. */
export function editCount(message: Message): number {
  const listed = message.history.reduce((sum, part) => sum + Math.max(0, part.revisions.length - 1), 0);
  // A date of an edit without a list of its revisions: at least one there was.
  return listed > 0 ? listed : Math.max(0, message.revisions - 1);
}

/**
 * The message after each of its edits past the first `told`, in their order; the last is the message as it is. Where
 * the list of revisions is missing, that one stands for all.
 */
export function editSteps(message: Message, told: number): readonly Message[] {
  const edits = editsOf(message.history);
  const earlier = edits.slice(told, -1).map((_, index) => asOfEdit(message, edits, told + index + 1));
  return editCount(message) > told ? [...earlier, message] : [];
}

/** The message as it was sent, before any edit of it. */
export function asSent(message: Message): Message {
  const edits = editsOf(message.history);
  return edits.length === 0 ? message : asOfEdit(message, edits, 0);
}

interface Edit {
  readonly part: number;
  /** Which of the part's revisions it made. */
  readonly revision: number;
  readonly at: Instant;
}

function editsOf(history: readonly PartHistory[]): readonly Edit[] {
  return history
    .flatMap(({ part, revisions }) => revisions.map(({ at }, revision) => ({ part, revision, at })))
    .filter((edit) => edit.revision > 0)
    .sort((a, b) => a.at - b.at || a.revision - b.revision);
}

function asOfEdit(message: Message, edits: readonly Edit[], count: number): Message {
  const made = edits.slice(0, count);
  const history = message.history.map(({ part, revisions }) => ({
    part,
    revisions: revisions.slice(0, 1 + made.filter((edit) => edit.part === part).length),
  }));
  const told = history.filter((part) => part.revisions.length > 1);
  let { text, bodyStatus } = message;
  const texts = new Map<number, string>();
  for (const { part, revisions } of history) {
    const then = revisions.at(-1)?.text ?? null;
    const now = message.history.find((one) => one.part === part)?.revisions.at(-1)?.text ?? null;
    if (then === null || text === null) {
      bodyStatus = then === null ? 'undecodable' : bodyStatus;
    } else {
      texts.set(part, then);
      // A function, as `$` means something in a replacement.
      text = now !== null && text.includes(now) ? text.replace(now, () => then) : then;
    }
  }
  return {
    ...message,
    text,
    bodyStatus,
    parts: message.parts.map((part) => {
      const then = part.type === 'text' && part.index !== null ? texts.get(part.index) : undefined;
      return part.type === 'text' && then !== undefined ? { ...part, text: then, runs: [] } : part;
    }),
    history: told,
    revisions: told.reduce((most, part) => Math.max(most, part.revisions.length), 0),
    editedAt: made.at(-1)?.at ?? null,
  };
}
