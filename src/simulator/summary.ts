import { appleSeconds } from './apple-time.ts';
import { encodePlist, type PlistValue } from './binary-plist.ts';
import { encodeBody } from './body.ts';

/** One version of a part; the first of a list is the original with its sending time (Unix ms). */
export interface Revision {
  readonly at: number;
  readonly text: string;
}

export interface Summary {
  readonly isFromMe?: boolean;
  /** Every version of each edited part, oldest first. */
  readonly edits?: readonly { readonly part: number; readonly revisions: readonly Revision[] }[];
  /** Parts that were taken back. */
  readonly retracted?: readonly number[];
  /** Own address of who edited (`euh`). */
  readonly editor?: string;
}

/**
 * `message_summary_info`: what Messages notes beside a row. `ec` lists the versions of each edited part, `ep` the
 * numbers of those parts, `otr` their ranges in the original body, `rp` the parts that were taken back.
 */
export function encodeSummary(summary: Summary): Buffer {
  const edits = summary.edits ?? [];
  const retracted = summary.retracted ?? [];
  const fields: Record<string, PlistValue> = summary.isFromMe === true ? {} : { amc: 0 };
  if (edits.length > 0) {
    fields['ec'] = dictionary(
      edits.map((edit) => [String(edit.part), edit.revisions.map((revision) => encodeRevision(revision))]),
    );
    fields['ep'] = edits.map((edit) => edit.part);
  }
  if (edits.length > 0 || retracted.length > 0) {
    let start = 0;
    fields['otr'] = dictionary(
      edits.map((edit) => {
        const length = edit.revisions[0]?.text.length ?? 0;
        const range: [string, PlistValue] = [String(edit.part), { dictionary: { lo: start, le: length } }];
        start += length;
        return range;
      }),
    );
  }
  if (retracted.length > 0) {
    fields['rp'] = retracted;
  }
  if (summary.editor !== undefined) {
    fields['euh'] = [summary.editor];
  }
  fields['ust'] = true;
  return encodePlist({ dictionary: fields });
}

function encodeRevision(revision: Revision): PlistValue {
  return { dictionary: { d: { real: appleSeconds(revision.at) }, t: encodeBody(revision.text) } };
}

function dictionary(entries: readonly (readonly [string, PlistValue])[]): PlistValue {
  return { dictionary: Object.fromEntries(entries) };
}
