import Table from 'cli-table3';
import { FAILURE_NAMES } from './sends-plan.ts';
import type { Finding } from './sends-truth.ts';

const COLUMNS = ['delivered', 'sent', 'failed', 'unknown', 'other'] as const;

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
  ),
);

/** Per failure: how many commands met it, what the bridge claimed of them, and what their recipients were shown. */
export function sendsTable(findings: readonly Finding[]): string {
  const table = new Table({
    head: ['what it met', 'commands', ...COLUMNS, 'got once', 'not', 'twice', 'by SMS'],
    style: { head: [], border: [], 'padding-left': 0 },
    chars: NO_LINES,
    colAligns: ['left', ...Array.from({ length: 10 }, () => 'right' as const)],
  });
  const met = Map.groupBy(findings, ({ failure }) => failure);
  const names = [...new Set([...FAILURE_NAMES, ...met.keys()])].filter((name) => met.has(name));
  for (const name of names) {
    table.push(row(name, met.get(name) ?? []));
  }
  table.push(row('all', findings));
  return table.toString();
}

/** How often each cause stands behind an `unknown`, and what the commands had met. */
export function unknownCauses(findings: readonly Finding[]): readonly string[] {
  const unknown = findings.filter(({ state }) => state === 'unknown');
  return [...Map.groupBy(unknown, ({ cause }) => cause ?? 'no cause')].map(([cause, found]) => {
    const met = [...Map.groupBy(found, ({ failure }) => failure)].map(
      ([name, some]) => `${name} ${some.length}`,
    );
    return `${cause} ${found.length}: ${met.join(', ')}`;
  });
}

function row(name: string, findings: readonly Finding[]): string[] {
  const claimed = Map.groupBy(findings, ({ state }) => columnOf(state));
  const received = (what: Finding['received']) => findings.filter((one) => one.received === what).length;
  return [
    name,
    ...[
      findings.length,
      ...COLUMNS.map((column) => claimed.get(column)?.length ?? 0),
      received('once'),
      received('not'),
      received('twice'),
      findings.filter((one) => one.isSms).length,
    ].map((count) => (count === 0 ? '' : String(count))),
  ];
}

function columnOf(state: string): (typeof COLUMNS)[number] {
  const wanted = state === 'read' ? 'delivered' : state;
  return COLUMNS.find((column) => column === wanted) ?? 'other';
}
