import { PANES } from '../host/index.ts';
import type { Layout } from './layout.ts';

/** What no program may do for a person on a Mac, with the pane of System Settings where it is done. */
export interface LeftToDo {
  /** The check of `blueline doctor` that tells whether it is done. */
  readonly check: string;
  readonly title: string;
  readonly how: string;
  /** For `open`. */
  readonly pane: string;
}

/** All that can be left to do on a Mac, in the order in which it is best done. */
export const everythingToDo = (layout: Layout): readonly LeftToDo[] => [
  {
    check: 'full_disk_access',
    title: 'Full Disk Access',
    how: `Press +, then ⌘⇧G, and give it ${layout.node}; switch it on, then run \`blueline restart\`.`,
    pane: PANES.fullDiskAccess,
  },
  {
    check: 'automation',
    title: 'Automation',
    how: 'Answer the prompt on the screen of this Mac, or switch Messages on under node.',
    pane: PANES.automation,
  },
  {
    check: 'auto_login',
    title: 'Automatic login',
    how: 'Choose this user under “Automatically log in as”; FileVault must be off for that.',
    pane: PANES.users,
  },
  {
    check: 'sleep',
    title: 'No sleep',
    how: 'Or in one line: sudo pmset -a sleep 0 disksleep 0 powernap 0 womp 1 autorestart 1',
    pane: PANES.energy,
  },
];
