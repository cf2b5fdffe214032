import type { Host } from '../host/index.ts';
import type { Layout } from './layout.ts';
import { agentSteps } from './plan-install.ts';
import type { Step } from './step.ts';

/** Takes the agent and the program off. The data and the logs stay, unless they are to go as well. */
export function planUninstall(options: {
  readonly host: Host;
  readonly layout: Layout;
  readonly uid: number;
  readonly purge: boolean;
}): readonly Step[] {
  const { layout, purge } = options;
  const gone = [
    layout.plist,
    layout.root,
    layout.cache,
    // It is of use to an upgrade that goes wrong, and to nobody else.
    layout.savedStore,
    ...(purge ? [layout.logs, layout.data] : []),
  ];
  return [...agentSteps(options).stop, ...gone.map((path): Step => ({ do: 'remove', path }))];
}
