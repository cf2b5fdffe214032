import { join } from 'node:path';
import { AGENT_LABEL } from '../host/index.ts';
import { CRASH_FILE } from '../runtime/index.ts';

/** Every place that an installation uses, for one user of the Mac. */
export interface Layout {
  readonly home: string;
  /** The folder of the program. Finder shows it, so that Node can be drawn into the panes of System Settings. */
  readonly root: string;
  /** The running version. Its contents change, its path never: permissions hang on it. */
  readonly app: string;
  /** A version on its way in, and the one on its way out. */
  readonly next: string;
  readonly previous: string;
  /** For people: runs the installed version's commands. */
  readonly launcher: string;
  readonly node: string;
  readonly main: string;
  readonly plist: string;
  readonly logs: string;
  /** What the process prints as it dies; launchd writes it. */
  readonly crash: string;
  readonly cache: string;
  /** config.yaml, the store, keys. */
  readonly data: string;
  readonly store: string;
  /** The store as it was before an upgrade. */
  readonly savedStore: string;
}

/** @param data the data folder: it may be elsewhere. */
export function layoutOf(home: string, data: string): Layout {
  const root = join(home, 'Applications', 'Blueline');
  const app = join(root, 'app');
  const logs = join(home, 'Library', 'Logs', 'blueline');
  return {
    home,
    root,
    app,
    next: join(root, 'app.new'),
    previous: join(root, 'app.old'),
    launcher: join(root, 'blueline'),
    node: nodeIn(app),
    main: mainIn(app),
    plist: join(home, 'Library', 'LaunchAgents', `${AGENT_LABEL}.plist`),
    logs,
    crash: join(logs, CRASH_FILE),
    cache: join(home, 'Library', 'Caches', 'blueline'),
    data,
    store: join(data, 'blueline.db'),
    savedStore: join(data, 'before-upgrade.db'),
  };
}

export function nodeIn(app: string): string {
  return join(app, 'bin', 'node');
}

export function mainIn(app: string): string {
  return join(app, 'src', 'main.ts');
}
