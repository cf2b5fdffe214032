import type { Instant } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import { hourReportSchema, type HourReport } from './hour-report.ts';

/** The reports that were made when the line was flagged: what happened then stays as it was seen then. */
export interface ReportStore {
  save(report: HourReport): void;
  find(at: Instant): HourReport | null;
}

export function reportStore(store: Store): ReportStore {
  const save = store.db.prepare<[number, string]>(
    'INSERT OR REPLACE INTO guard_reports (at, body) VALUES (?, ?)',
  );
  const find = store.db.prepare<[number], string>('SELECT body FROM guard_reports WHERE at = ?').pluck();
  return {
    save: (report) => void save.run(report.at, JSON.stringify(report)),
    find: (at) => {
      const body = find.get(at);
      return body === undefined ? null : { ...hourReportSchema.parse(JSON.parse(body)), at };
    },
  };
}
