import type { Store } from '../store/index.ts';
import { PRESENT_MS, USUAL_MS, type SendSample, type SignalInput } from './signals.ts';

const DAY_MS = 86_400_000;
/** The usual of 7 days hardly moves in so long, and reading it is the slow part. */
const REMEMBER_MS = 10 * 60_000;

interface SampleRow {
  readonly at: number;
  readonly delivered_at: number | null;
  readonly error: number;
  readonly was_quiet: number;
  readonly family: number;
  readonly is_ours: number;
}

/** Reads from the ledger what signals are made of. */
export function signalInput(store: Store): (at: number) => SignalInput {
  const samples = store.db.prepare<[number, number, number], SampleRow>(
    `SELECT at, delivered_at, error, was_quiet, family, is_ours FROM ledger_facts
     WHERE family = ? AND is_out = 1 AND at > ? AND at <= ?`,
  );
  const inbound = store.db
    .prepare<[number, number], number>(
      'SELECT COUNT(*) FROM ledger_facts WHERE family = 0 AND is_out = 0 AND at > ? AND at <= ?',
    )
    .pluck();
  const replies = store.db.prepare<[number, number], { messaged: number; answering: number }>(
    `SELECT COUNT(*) AS messaged, COALESCE(SUM(last_in_at > last_out_at OR last_in_at > first_out_at), 0) AS answering
     FROM ledger_contacts WHERE last_out_at > ? AND last_out_at <= ?`,
  );
  const read = (from: number, to: number): readonly SendSample[] =>
    [0, 1]
      .flatMap((family) => samples.all(family, from, to))
      .map((row) => ({
        at: row.at,
        deliveredAt: row.delivered_at,
        failed: row.error !== 0,
        wasQuiet: row.was_quiet === 1,
        isCarrier: row.family === 1,
        isOurs: row.is_ours === 1,
      }));
  let usual: { readonly at: number; readonly samples: readonly SendSample[] } | null = null;
  return (at) => {
    if (usual === null || Math.abs(at - usual.at) > REMEMBER_MS) {
      usual = { at, samples: read(at - PRESENT_MS - USUAL_MS, at - PRESENT_MS) };
    }
    const answers = (from: number, to: number) => replies.get(from, to) ?? { messaged: 0, answering: 0 };
    return {
      at,
      present: read(at - PRESENT_MS, at),
      usual: usual.samples,
      inbound: {
        today: inbound.get(at - DAY_MS, at) ?? 0,
        usual: (inbound.get(at - 8 * DAY_MS, at - DAY_MS) ?? 0) / 7,
      },
      replies: {
        recent: answers(at - 2 * DAY_MS, at - DAY_MS),
        usual: answers(at - 9 * DAY_MS, at - 2 * DAY_MS),
      },
    };
  };
}
