import type { WireCapture } from '../contract/index.ts';
import type { CaptureStatus } from './capture.ts';
import type { ReaderFigures } from './protocol.ts';

/** What `/health` and `blueline capture status` show of it. */
export function captureDetails(status: CaptureStatus): WireCapture {
  return {
    mode: status.mode,
    state: status.state,
    code: status.code,
    cursor: status.cursor,
    lag_ms: status.lagMs,
    pending_rows: status.pendingRows,
    ...(status.modeReason === null ? {} : { mode_reason: status.modeReason }),
    ...(status.figures === null ? {} : figuresDetails(status.figures)),
  };
}

function figuresDetails({
  looks,
  resets,
  pageMapMs,
  format,
  reconcile,
}: ReaderFigures): Partial<WireCapture> {
  return {
    looks,
    resets,
    page_map_ms: pageMapMs,
    ...(format === null
      ? {}
      : {
          database: {
            page_size: format.pageSize,
            auto_vacuum: format.autoVacuum,
            journal_mode: format.journalMode,
          },
        }),
    reconcile: {
      running: reconcile.running,
      rows: reconcile.rows,
      of: reconcile.of,
      surprises: reconcile.surprises,
      finished_at: reconcile.finishedAt,
    },
  };
}
