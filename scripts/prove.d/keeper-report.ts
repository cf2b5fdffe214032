import type { Breaches, Evidence, FaultRecord } from './keeper-judge.ts';

export interface Verdict {
  readonly name: string;
  readonly detail: string;
  readonly against: readonly string[];
}

const SENT = ['sent', 'delivered', 'read'];

/** One line for each promise. */
export function verdictsOf(evidence: Evidence, breaches: Breaches): readonly Verdict[] {
  const { inbound, orders, faults, acts, pauses } = evidence;
  const accepted = orders.filter(({ state }) => state !== null);
  const inState = (states: readonly string[]) =>
    accepted.filter(({ state }) => state !== null && states.includes(state)).length;
  const count = (what: string) => acts.filter((act) => act.what === what).length;
  const needy = faults.filter(({ isNamed }) => isNamed !== null);
  const relaunches = `${count('relaunch')} relaunches, ${count('open')} openings`;
  const verdict = (name: string, detail: string, against: readonly string[]) => ({ name, detail, against });
  return [
    verdict('every text that came is told', `${inbound.length} came`, breaches.lost),
    verdict('none is told twice', `${evidence.told.length} told`, breaches.toldTwice),
    verdict('nothing is sent twice', `${evidence.received.length} shown`, breaches.sentTwice),
    verdict(
      'nothing is sent that was refused',
      `${orders.length - accepted.length} refused`,
      breaches.unasked,
    ),
    verdict('what is called sent was shown', `${inState(SENT)} called so`, breaches.falselySent),
    verdict(
      'what is called failed was not shown',
      `${inState(['failed', 'refused', 'expired', 'canceled'])} called so`,
      breaches.falselyFailed,
    ),
    verdict('unknown is only what a fault hid', `${inState(['unknown'])} unknown`, breaches.unknown),
    verdict('every order has ended', `${accepted.length} accepted`, breaches.open),
    verdict('what needs a person is named, with what to do', `${needy.length} such faults`, breaches.unnamed),
    verdict('the line works again in time', `${faults.length} faults`, breaches.unhealed),
    verdict('then a text comes in and one goes out', `${faults.length} faults`, breaches.mute),
    verdict('Messages is relaunched and opened once in ten minutes', relaunches, breaches.tooOften),
    verdict(
      'and left alone while a person has paused the line',
      `${pauses.length} pauses`,
      breaches.whilePaused,
    ),
  ];
}

/** Per fault: how often it came, and how long the line took to work again where it came alone. */
export function healingTable(faults: readonly FaultRecord[]): string {
  const byName = Map.groupBy(faults, ({ name }) => name);
  const width = Math.max(...[...byName.keys()].map((name) => name.length));
  return [...byName]
    .map(([name, some]) => {
      const healed = some
        .flatMap(({ healedMs }) => (healedMs === null ? [] : [healedMs]))
        .toSorted((a, b) => a - b);
      const at = (share: number) => Math.round((healed[Math.floor((healed.length - 1) * share)] ?? 0) / 1000);
      return `  ${name.padEnd(width)}  ${String(some.length).padStart(3)}×, works again after ${at(0.5)} s (median), ${at(1)} s (longest)`;
    })
    .join('\n');
}
