import Table from 'cli-table3';
import type { Proof } from './limits-prove.ts';

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((end) => [`${side}${end}`, '']),
  ),
);

/** Per play: what happened, and what became of what was asked for. */
export function limitsReport(): { add(title: string, proof: Proof): void; text(): string } {
  const table = new Table({
    head: [
      'play',
      'inbound',
      'by hand',
      'asked',
      'sent',
      'greedy',
      'refused',
      'expired',
      'breaches',
      'held',
      'seconds',
    ],
    style: { head: [], border: [], 'padding-left': 0 },
    chars: NO_LINES,
    colAligns: ['left', ...Array.from({ length: 10 }, () => 'right' as const)],
  });
  const refusals: string[] = [];
  return {
    add: (title, proof) => {
      const refused = [...proof.refused.values()].reduce((sum, count) => sum + count, 0);
      table.push([
        title,
        ...[
          proof.inbound,
          proof.byPerson,
          proof.asked,
          proof.sent,
          proof.greedy,
          refused,
          proof.expired,
          proof.breaches.length,
          proof.held.length,
        ].map(String),
        `${proof.playSeconds.toFixed(0)} + ${proof.checkSeconds.toFixed(0)}`,
      ]);
      const list = (counts: ReadonlyMap<string, number>) =>
        [...counts]
          .toSorted(([, a], [, b]) => b - a)
          .map(([rule, count]) => `${rule} ${count}`)
          .join(', ');
      if (proof.refused.size > 0) {
        refusals.push(`  ${title}, refused: ${list(proof.refused)}`);
      }
      if (proof.missed.size > 0) {
        refusals.push(`  ${title}, sent by the greedy schedule alone: ${list(proof.missed)}`);
      }
    },
    text: () => `${table.toString()}\n${refusals.join('\n')}`,
  };
}
