import type { Message } from '../domain/index.ts';
import { appleMilliseconds } from './apple-time.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { blobOf, flagOf, textOf } from './sql-value.ts';
import { readSummaryInfo } from './summary-info.ts';

export type MessageChanges = Pick<
  Message,
  'editedAt' | 'revisions' | 'history' | 'unsentParts' | 'isUnsent' | 'translations'
>;

const UNCHANGED: MessageChanges = {
  editedAt: null,
  revisions: 0,
  history: [],
  unsentParts: [],
  isUnsent: false,
  translations: [],
};

/**
 * Edits and unsends. Both set `date_edited`, `date_retracted` stays 0 (measured on macOS 26): only the summary tells
 * them apart. Where it cannot be read, an emptied row counts as unsent and any other as edited once.
 */
export function messageChanges(row: MessageRow): MessageChanges {
  const blob = blobOf(row[AT.SUMMARY]);
  const changedAt = appleMilliseconds(row[AT.EDITED]);
  const wasRetracted = appleMilliseconds(row[AT.RETRACTED]) !== null;
  if (blob === null && changedAt === null && !wasRetracted) {
    return UNCHANGED;
  }
  const isEmptied =
    flagOf(row[AT.is_empty]) || (textOf(row[AT.text]) === null && blobOf(row[AT.attributedBody]) === null);
  const summary = blob === null ? null : readSummaryInfo(blob);
  if (summary === null) {
    const isUnsent = wasRetracted || (changedAt !== null && isEmptied);
    return isUnsent || changedAt === null
      ? { ...UNCHANGED, isUnsent }
      : { ...UNCHANGED, editedAt: changedAt, revisions: 2 };
  }
  const { unsentParts, history, translations } = summary;
  const hasUnsent = unsentParts.length > 0;
  const isUnsent = wasRetracted || (hasUnsent && isEmptied);
  if (summary.revisions === 0) {
    // A date without a revision and without an unsend: an edit that the summary does not list.
    const isUnlisted = changedAt !== null && !hasUnsent && !isUnsent;
    return {
      editedAt: isUnlisted ? changedAt : null,
      revisions: isUnlisted ? 2 : 0,
      history,
      unsentParts,
      isUnsent,
      translations,
    };
  }
  // An unsend after an edit moves the date on; the revision keeps its own.
  const editedAt = hasUnsent ? (summary.lastRevisionAt ?? changedAt) : (changedAt ?? summary.lastRevisionAt);
  return { editedAt, revisions: summary.revisions, history, unsentParts, isUnsent, translations };
}
