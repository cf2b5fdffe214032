import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { renderTable, type Column } from './table.ts';
import { displayWidth } from './visible-text.ts';

interface Row {
  readonly who: string;
  readonly text: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'who', value: (row) => row.who },
  { title: 'text', value: (row) => row.text, isFlexible: true },
];
const ROWS = [
  { who: '+15550001', text: 'a text that is rather long for so narrow a terminal, and\nhas two lines' },
  { who: 'K\u001B[2Jim', text: '日本語 \u001B]0;x\u0007' },
];

const COLORS = pc.createColors(true);
const NO_COLORS = pc.createColors(false);

describe('renderTable', () => {
  it('fits the terminal, wraps the flexible column, and lets no foreign escape through', () => {
    const table = renderTable(ROWS, COLUMNS, { kind: 'framed', width: 50, colors: NO_COLORS });
    const lines = table.split('\n');
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
    expect(displayWidth(lines[0] ?? '')).toBeLessThanOrEqual(50);
    expect(table).not.toMatch(/[^\P{Cc}\n]/u);
    expect(table).toContain('│ has two lines');
  });

  it('is as wide with colours as without, and paints each line of a wrapped cell', () => {
    const painted = COLUMNS.map((column) => ({ ...column, paint: (text: string) => COLORS.red(text) }));
    const inColor = renderTable(ROWS, painted, { kind: 'framed', width: 50, colors: COLORS });
    expect(inColor).toContain(COLORS.red('has two lines'));
    expect(stripVTControlCharacters(inColor)).toBe(
      renderTable(ROWS, COLUMNS, { kind: 'framed', width: 50, colors: NO_COLORS }),
    );
  });

  it('is one line for each row where it is plain, without colour, frame or blanks at the end', () => {
    expect(renderTable(ROWS, COLUMNS, { kind: 'plain' })).toBe(
      [
        'who        text',
        '+15550001  a text that is rather long for so narrow a terminal, and⏎has two lines',
        'K␛[2Jim    日本語 ␛]0;x␇',
      ].join('\n'),
    );
  });
});
