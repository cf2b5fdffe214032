import { diagnosisSchema } from '../contract/index.ts';
import { LEFT_TO_DO } from '../installation/index.ts';
import { connectApi } from './api-client.ts';
import type { Session } from './session.ts';
import { visible } from './visible-text.ts';

/** Something that a person has to do on the Mac. */
export interface LeftToDo {
  readonly check: string;
  readonly title: string;
  readonly how: string;
  readonly pane: string;
}

/** What could be left to do on any Mac. */
export function everythingToDo(): readonly LeftToDo[] {
  return LEFT_TO_DO;
}

/** What is left to do on this one, as the agent sees it: permissions are its own. All of it where the agent does not say. */
export async function leftToDo(session: Session): Promise<readonly LeftToDo[]> {
  try {
    const { data } = await connectApi(session).get({
      path: '/v1/bridge/doctor',
      answer: diagnosisSchema,
      timeoutMs: 30_000,
    });
    const well = new Set(data.checks.filter(({ status }) => status === 'ok').map(({ id }) => id));
    return LEFT_TO_DO.filter(({ check }) => !well.has(check));
  } catch {
    return LEFT_TO_DO;
  }
}

export function tellLeftToDo(session: Session, left: readonly LeftToDo[]): void {
  if (left.length === 0) {
    session.print('Nothing is left to do by hand.');
    return;
  }
  session.print('\nLeft to do by hand:');
  for (const { title, how, pane } of left) {
    session.print(`  ${session.colors.bold(title)}: ${visible(how)}`);
    session.print(`    open "${pane}"`);
  }
}
