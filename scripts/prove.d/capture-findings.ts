import type { Fault } from './capture-judge.ts';
import type { Row } from './capture-model.ts';

/** What went wrong, counted by kind; the first of each in words. */
export class Findings {
  readonly counts = new Map<Fault, number>();
  readonly examples = new Map<Fault, string[]>();

  add(fault: Fault, row: Row, where: string, why: string): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    const examples = this.examples.get(fault) ?? [];
    this.examples.set(fault, examples);
    if (examples.length < 8) {
      const age = row.ordinal === 0 ? 'of the history' : `number ${row.ordinal}`;
      examples.push(`${where}: row ${age} (${row.story.slice(-8).join(', ')}): ${why}`);
    }
  }

  /** What was found in that place, or what is known when nothing was: the change was not told in time. */
  of(where: string): string[] {
    const found = [...this.examples.values()].flat().filter((example) => example.startsWith(`${where}: `));
    return found.length === 0 ? ['not told in time'] : found;
  }

  count(fault: Fault): number {
    return this.counts.get(fault) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
