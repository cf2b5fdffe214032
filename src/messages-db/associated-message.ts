import { messageGuid, type MessageGuid } from '../domain/index.ts';

/** The message that another is put on, and its part; `null` for all of it. */
export interface AssociatedMessage {
  readonly target: MessageGuid;
  readonly part: number | null;
}

const BALLOON_PREFIX = 'bp:';
const PART_FORM = /^p:(-?\d+)\/(.+)$/su;
/** No message has more parts than this; each number is one look into the index. */
const MOST_PARTS = 256;

/** `p:<part>/<guid>` on a part, `bp:<guid>` or the bare guid on all of it; part -1 occurs and means all, too. */
export function parseAssociatedGuid(stored: string | null): AssociatedMessage | null {
  if (stored === null) {
    return null;
  }
  const [, digits, guid] = PART_FORM.exec(stored) ?? [];
  if (digits !== undefined && guid !== undefined) {
    const part = Number(digits);
    return { target: messageGuid(guid), part: Number.isSafeInteger(part) && part >= 0 ? part : null };
  }
  const bare = stored.startsWith(BALLOON_PREFIX) ? stored.slice(BALLOON_PREFIX.length) : stored;
  return bare === '' ? null : { target: messageGuid(bare), part: null };
}

/** Every form in which a row may name this message. */
export function associatedForms(target: MessageGuid): string[] {
  const parts = Array.from({ length: MOST_PARTS + 1 }, (_, part) => `p:${part - 1}/${target}`);
  return [target, `${BALLOON_PREFIX}${target}`, ...parts];
}
