import Table from 'cli-table3';
import type { Colors } from './session.ts';
import { displayWidth, visible, visibleLines, wrap } from './visible-text.ts';

export interface Column<T> {
  readonly title: string;
  /** What stands in the cell; foreign text is welcome. */
  readonly value: (row: T) => string;
  readonly paint?: (text: string, row: T) => string;
  readonly align?: 'left' | 'right';
  /** Takes what width is left on a terminal, and wraps there. At most one column does. */
  readonly isFlexible?: boolean;
}

/** How tables look: framed to fit a terminal of so many columns, or plain text that any tool can read by the line. */
export type TableLook =
  | { readonly kind: 'framed'; readonly width: number; readonly colors: Colors }
  | { readonly kind: 'plain' };

/** The narrowest that a flexible column becomes; on a terminal narrower than that, lines break. */
const MIN_FLEXIBLE = 16;
/** Between two cells of a plain table. */
const PLAIN_GAP = 2;

const FRAME = /[─│┌┬┐├┼┤└┴┘]+/gu;
const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** The rows as text, without a line break at the end. */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[], look: TableLook): string {
  return look.kind === 'framed' ? framed(rows, columns, look.width, look.colors) : plain(rows, columns);
}

function framed<T>(rows: readonly T[], columns: readonly Column<T>[], width: number, colors: Colors): string {
  const rest = columns
    .filter((column) => column.isFlexible !== true)
    .map((column) =>
      Math.max(...[column.title, ...rows.map(column.value)].map((text) => displayWidth(visible(text)))),
    )
    .reduce((sum, cell) => sum + cell, 0);
  // Each cell has a space on both sides and a bar before it; one more bar ends the row.
  const flexible = Math.max(MIN_FLEXIBLE, width - rest - columns.length * 3 - 1);
  const table = new Table({
    head: columns.map((column) => colors.bold(column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    table.push(
      columns.map((column) => {
        const paint = (text: string) => column.paint?.(text, row) ?? text;
        const value = column.value(row);
        return column.isFlexible === true
          ? visibleLines(value)
              .flatMap((line) => wrap(line, flexible))
              .map(paint)
              .join('\n')
          : paint(visible(value));
      }),
    );
  }
  // Run by run, not sign by sign: a table is mostly frame.
  return table.toString().replaceAll(FRAME, (run) => colors.dim(run));
}

function plain<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': PLAIN_GAP },
    chars: NO_FRAME,
  });
  for (const row of rows) {
    table.push(columns.map((column) => visible(column.value(row))));
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
