import type { WireCapture } from './capture.ts';

/** How the part that reads chat.db stands. */
interface CaptureFacts {
  readonly mode: 'wal' | 'scan';
  readonly state: WireCapture['state'];
  readonly code: string | null;
  readonly cursor: number | null;
  readonly lagMs: number;
  readonly pendingRows: number;
  readonly modeReason: string | null;
  readonly figures: Figures | null;
}

interface Figures {
  readonly looks: number;
  readonly resets: { readonly proved: number; readonly salvaged: number; readonly lost: number };
  readonly pageMapMs: WireCapture['page_map_ms'];
  readonly format: {
    readonly pageSize: number;
    readonly autoVacuum: number;
    readonly journalMode: string;
  } | null;
  readonly reconcile: {
    readonly running: NonNullable<WireCapture['reconcile']>['running'];
    readonly rows: number;
    readonly of: number;
    readonly surprises: number;
    readonly finishedAt: NonNullable<WireCapture['reconcile']>['finished_at'];
  };
}

/** What `/health` tells a key of it. */
export function toWireCapture(status: CaptureFacts): WireCapture {
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

function figuresDetails({ looks, resets, pageMapMs, format, reconcile }: Figures): Partial<WireCapture> {
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
