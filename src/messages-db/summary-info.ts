import { instant, type Instant, type PartHistory, type Revision, type Translation } from '../domain/index.ts';
import { appleSeconds } from './apple-time.ts';
import { isPlistArray, isPlistDictionary, type PlistValue } from './binary-plist.ts';
import { plainTextOf } from './body-text.ts';
import { readPropertyList } from './property-list.ts';
import { readTranslations } from './translations.ts';

/** Of a revision whose date is not written. */
const NEVER = instant(0);

/** What `message_summary_info` tells of a message. */
export interface SummaryInfo {
  /** Revisions of the part that was edited most, the original included; 0 if none was edited. */
  readonly revisions: number;
  readonly lastRevisionAt: Instant | null;
  readonly history: readonly PartHistory[];
  /** Numbers of the body parts taken back, ascending. */
  readonly unsentParts: readonly number[];
  readonly translations: readonly Translation[];
}

/** `null` where the blob is no property list, of neither form. Never throws. */
export function readSummaryInfo(blob: Uint8Array): SummaryInfo | null {
  const plist = readPropertyList(blob);
  if (plist === null || !isPlistDictionary(plist.root)) {
    return null;
  }
  const history = readHistory(plist.root.get('ec'));
  let revisions = 0;
  let lastRevisionAt: Instant | null = null;
  for (const part of history) {
    revisions = Math.max(revisions, part.revisions.length);
    const at = part.revisions.at(-1)?.at ?? null;
    if (at !== null && at > 0 && (lastRevisionAt === null || at > lastRevisionAt)) {
      lastRevisionAt = at;
    }
  }
  return {
    revisions,
    lastRevisionAt,
    history,
    unsentParts: readParts(plist.root.get('rp')),
    translations: readTranslations(plist.root.get('tmp')),
  };
}

/** `ec`: part number → its revisions, the original first, each with `d`, seconds since 2001, and `t`, its body. */
function readHistory(ec: PlistValue | undefined): readonly PartHistory[] {
  const history: PartHistory[] = [];
  for (const [key, stored] of isPlistDictionary(ec) ? ec : []) {
    const part = Number(key);
    // A part that lists its original alone has not been edited.
    if (Number.isSafeInteger(part) && isPlistArray(stored) && stored.length > 1) {
      history.push({ part, revisions: stored.map((revision) => readRevision(revision)) });
    }
  }
  return history.sort((a, b) => a.part - b.part);
}

function readRevision(stored: PlistValue): Revision {
  const fields = isPlistDictionary(stored) ? stored : new Map<string, PlistValue>();
  const seconds = fields.get('d');
  const body = fields.get('t');
  return {
    at: (typeof seconds === 'number' ? appleSeconds(seconds) : null) ?? NEVER,
    text: body instanceof Uint8Array ? plainTextOf(body) : null,
  };
}

function readParts(rp: PlistValue | undefined): readonly number[] {
  const parts = isPlistArray(rp) ? rp.filter((part) => typeof part === 'number') : [];
  return [...new Set(parts)].sort((a, b) => a - b);
}
