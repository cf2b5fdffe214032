import type { Instant } from '../domain/index.ts';
import { appleSeconds } from './apple-time.ts';
import { isPlistArray, isPlistDictionary, readBinaryPlist, type PlistValue } from './binary-plist.ts';

/** What `message_summary_info` tells of edits and unsends. */
export interface SummaryInfo {
  /** Revisions of the part that was edited most, the original included; 0 if none was edited. */
  readonly revisions: number;
  readonly lastRevisionAt: Instant | null;
  /** Numbers of the body parts taken back, ascending. */
  readonly unsentParts: readonly number[];
}

/** `null` where the blob is no binary property list (its XML form occurs too). */
export function readSummaryInfo(blob: Uint8Array): SummaryInfo | null {
  const plist = readBinaryPlist(blob);
  if (plist === null || !isPlistDictionary(plist.root)) {
    return null;
  }
  return { ...readRevisions(plist.root.get('ec')), unsentParts: readParts(plist.root.get('rp')) };
}

/** `ec`: part number → its revisions, the original first, each with `d`, seconds since 2001. */
function readRevisions(ec: PlistValue | undefined): Pick<SummaryInfo, 'revisions' | 'lastRevisionAt'> {
  let revisions = 0;
  let lastRevisionAt: Instant | null = null;
  for (const part of isPlistDictionary(ec) ? ec.values() : []) {
    // A part that lists its original alone has not been edited.
    if (!isPlistArray(part) || part.length < 2) {
      continue;
    }
    revisions = Math.max(revisions, part.length);
    const last = part.at(-1);
    const seconds = isPlistDictionary(last) ? last.get('d') : null;
    const at = typeof seconds === 'number' ? appleSeconds(seconds) : null;
    if (at !== null && (lastRevisionAt === null || at > lastRevisionAt)) {
      lastRevisionAt = at;
    }
  }
  return { revisions, lastRevisionAt };
}

function readParts(rp: PlistValue | undefined): readonly number[] {
  const parts = isPlistArray(rp) ? rp.filter((part) => typeof part === 'number') : [];
  return [...new Set(parts)].sort((a, b) => a - b);
}
