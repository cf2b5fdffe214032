import type { Session } from './session.ts';
import { paintState } from './state-colors.ts';

/** The way of a text. Who has seen one step knows those before it: a text that is delivered was sent. */
const LADDER = ['queued', 'sending', 'sent', 'delivered', 'read'];
/** Where a state that is no step of the ladder stands on it: the script has run, so it was being sent. */
const AFTER_SENDING: ReadonlySet<string> = new Set(['dispatched', 'unknown', 'failed']);

/** What to tell when `next` is seen after `last` (or first): the steps that were too quick to be seen, and itself. */
export function stepsTo(last: string | null, next: string): readonly string[] {
  const from = last === null ? -1 : placeOf(last);
  const passed = LADDER.slice(
    from + 1,
    AFTER_SENDING.has(next) ? placeOf(next) + 1 : Math.max(placeOf(next), 0),
  );
  // That the script has returned is no step for a person: it is still being sent.
  return next === 'dispatched' ? passed : [...passed, next];
}

function placeOf(state: string): number {
  return AFTER_SENDING.has(state) ? LADDER.indexOf('sending') : LADDER.indexOf(state);
}

const CLEAR_LINE = '\r\u001B[K';

/** The steps of one thing: on a terminal one line that grows, elsewhere a line for each, as JSON none. */
export function startStepLine(session: Session): {
  step(name: string): void;
  end(): void;
} {
  const told: string[] = [];
  let last: string | null = null;
  return {
    step: (name) => {
      const steps = stepsTo(last, name);
      last = name;
      if (session.format === 'json' || steps.length === 0) {
        return;
      }
      told.push(...steps.map((step) => paintState(step, session.colors)));
      if (session.isTerminal) {
        session.io.stdout.write(`${CLEAR_LINE}${told.join(' → ')}`);
      } else {
        session.print(steps.join('\n'));
      }
    },
    end: () => {
      if (session.isTerminal && told.length > 0) {
        session.print('');
      }
    },
  };
}
