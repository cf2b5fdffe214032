import { everythingToDo, type Layout, type LeftToDo } from '../installation/index.ts';
import { askDaemon } from './diagnose.ts';
import type { Session } from './session.ts';
import { visible } from './visible-text.ts';

/** What is left to do by hand, as the agent sees it: permissions are its own. All of it where the agent does not say. */
export async function leftToDo(session: Session, layout: Layout): Promise<readonly LeftToDo[]> {
  const all = everythingToDo(layout);
  try {
    const { checks } = await askDaemon(session);
    const well = new Set(checks.filter(({ status }) => status === 'ok').map(({ id }) => id));
    return all.filter(({ check }) => !well.has(check));
  } catch {
    return all;
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
