import Table from 'cli-table3';
import pc from 'picocolors';
import type { SimulatorState } from '../../src/simulator/index.ts';
import type { Event } from './controller.ts';

export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly found: string;
}

/** What the play must have shown; each check compares what the controller was told with what really happened. */
export function check(
  events: readonly Event[],
  mac: SimulatorState,
  health: Readonly<Record<string, unknown>>,
): Check[] {
  const sequences = events.map((event) => event.sequence);
  const gaps = sequences.filter((sequence, index) => sequence !== index + 1).length;
  const last = finalStates(events);
  const received = mac.received.filter((item) => item.count !== 1);
  const states = [...last.values()];
  return [
    {
      name: 'every event once and in order',
      isOk: events.length > 0 && gaps === 0,
      found: `${events.length} events, ${gaps} out of place`,
    },
    {
      name: 'each text reached its contact once',
      isOk: received.length === 0 && mac.received.length > 0,
      found: `${mac.received.length} texts, ${received.length} not exactly once`,
    },
    {
      name: 'an answer went queued → sending → sent → delivered → read',
      isOk: hasLadder(events),
      found: hasLadder(events) ? 'each step with its proof' : 'steps are missing',
    },
    {
      name: 'the unreachable contact was reported with error 22',
      isOk: states.includes('failed') && told22(events),
      found: `${states.filter((state) => state === 'failed').length} failed`,
    },
    {
      name: 'nothing is left without an outcome',
      isOk: states.every((state) => ['sent', 'delivered', 'read', 'failed'].includes(state)),
      found: states.join(', '),
    },
    { name: 'the bridge is healthy', isOk: health['status'] === 'healthy', found: String(health['status']) },
  ];
}

export function printSummary(events: readonly Event[], checks: readonly Check[], seconds: number): void {
  const counts = new Map<string, number>();
  for (const { type } of events) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const table = new Table({
    head: ['event', 'count'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const [type, count] of [...counts].toSorted(([a], [b]) => a.localeCompare(b))) {
    table.push([type, count]);
  }
  console.log(`\n${table.toString()}\n`);
  for (const { name, isOk, found } of checks) {
    console.log(`  ${isOk ? pc.green('ok  ') : pc.red('FAIL')} ${name} ${pc.dim(`(${found})`)}`);
  }
  const failed = checks.filter((item) => !item.isOk).length;
  console.log(
    `\n${checks.length - failed} of ${checks.length} checks hold, ${events.length} events in ${seconds.toFixed(1)} s.`,
  );
}

function finalStates(events: readonly Event[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(({ type, data }) =>
      type === 'command.updated' ? [[String(data['id']), String(data['state'])] as const] : [],
    ),
  );
}

function hasLadder(events: readonly Event[]): boolean {
  const steps = ['queued', 'sending', 'sent', 'delivered', 'read'];
  const ids = new Set(events.flatMap(({ type, data }) => (type === 'command.updated' ? [data['id']] : [])));
  return [...ids].some((id) => {
    const states = events.flatMap(({ type, data }) =>
      type === 'command.updated' && data['id'] === id ? [String(data['state'])] : [],
    );
    const places = steps.map((step) => states.indexOf(step));
    return places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? -1)));
  });
}

function told22(events: readonly Event[]): boolean {
  return events.some(({ type, data }) => {
    const { error } = data;
    return (
      type === 'message.failed' &&
      typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 22
    );
  });
}
