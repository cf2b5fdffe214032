import { handle, instant, type Handle, type Instant } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { ReportFact } from './hour-report.ts';
import { SORT } from './ledger/hour-rows.ts';

const HOUR_MS = 3_600_000;

interface Row {
  readonly at: number;
  readonly contact: number;
  readonly chat: string;
  readonly is_out: number;
  readonly sort: number;
  readonly error: number;
  readonly delivered_at: number | null;
  readonly is_ours: number;
  readonly text_digest: number | null;
}

/** The messages of the hour before a moment, that moment included. */
export function reportFacts(
  store: Store,
  isQuiet: (recipients: readonly Handle[], at: Instant) => boolean,
): (at: Instant) => readonly ReportFact[] {
  const rows = store.db.prepare<[number, number], Row>(
    `SELECT f.at, f.contact, c.chat, f.is_out, f.sort, f.error, f.delivered_at, f.is_ours, f.text_digest
     FROM ledger_facts f JOIN ledger_contacts c ON c.id = f.contact
     WHERE f.family IN (0, 1) AND f.is_out IN (0, 1) AND f.at > ? AND f.at <= ? ORDER BY f.at, f.id`,
  );
  const unanswered = store.db
    .prepare<[number, number, number, number], number>(
      `SELECT COUNT(*) FROM ledger_facts WHERE contact = ? AND is_out = 1 AND at <= ?
         AND at >= COALESCE((SELECT MAX(at) FROM ledger_facts WHERE contact = ? AND is_out = 0 AND at <= ?), -1)`,
    )
    .pluck();
  return (at) =>
    rows.all(at - HOUR_MS, at).map((row) => {
      const isOut = row.is_out === 1;
      return {
        at: row.at,
        contact: row.contact,
        isOut,
        standing: standingOf(row.sort),
        failed: row.error !== 0,
        deliveredAt: row.delivered_at,
        isOurs: row.is_ours === 1,
        digest: row.text_digest,
        unanswered: isOut ? (unanswered.get(row.contact, row.at, row.contact, row.at) ?? 0) : 0,
        isOffHours: isOut && isQuiet(recipientsOf(row.chat), instant(row.at)),
      };
    });
}

function recipientsOf(chat: string): readonly Handle[] {
  return chat.startsWith('direct:') ? [handle(chat.slice('direct:'.length))] : [];
}

function standingOf(sort: number): ReportFact['standing'] {
  switch (sort) {
    case SORT.reply:
      return 'reply';
    case SORT.reachOut:
      return 'reach_out';
    case SORT.newConversation:
      return 'new_conversation';
    default:
      return 'inbound';
  }
}
