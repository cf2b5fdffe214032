import type { BridgeEvent, Handle } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import { shareOf, type LimitUsage } from './usage.ts';

type Mark = 0 | 70 | 80 | 100;
const MARKS = [100, 80, 70] as const;
/** A window that rolls to and fro around a mark must not tell of it each time: it has to fall so far below first. */
const FALL = 10;

export interface LimitMarks {
  /** Which marks have been passed since the last look. Call it in a transaction: what is told is remembered. */
  passed(entries: readonly LimitUsage[], line: Handle | null): readonly BridgeEvent[];
}

/** Remembers how full each limit has been told to be. */
export function limitMarks(store: Store): LimitMarks {
  const read = store.db.prepare<[], { rule: string; percent: number }>(
    'SELECT rule, percent FROM guard_marks',
  );
  const save = store.db.prepare<[string, number]>(
    'INSERT INTO guard_marks (rule, percent) VALUES (?, ?) ON CONFLICT (rule) DO UPDATE SET percent = excluded.percent',
  );
  return {
    passed: (entries, line) => {
      const told = new Map(read.all().map(({ rule, percent }) => [rule, percent]));
      const events: BridgeEvent[] = [];
      for (const entry of entries.filter(({ kind }) => kind !== 'pace')) {
        const name = `${entry.rule}/${entry.of ?? ''}`;
        const before = told.get(name) ?? 0;
        const percent = shareOf(entry) * 100;
        const now = markOf(percent);
        if (now > before && now !== 0) {
          events.push({
            type: 'line.limit_reached',
            line,
            rule: entry.rule,
            used: entry.used,
            limit: entry.limit,
            percent: now,
            windowSeconds: entry.windowSeconds,
          });
        }
        const next = now > before ? now : markOf(percent + FALL) < before ? now : before;
        if (next !== before) {
          save.run(name, next);
        }
      }
      return events;
    },
  };
}

function markOf(percent: number): Mark {
  return MARKS.find((mark) => percent >= mark) ?? 0;
}
