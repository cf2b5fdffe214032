import { dirname } from 'node:path';
import { AGENT_LABEL, type Host } from '../host/index.ts';
import type { AppFile } from './app-files.ts';
import type { Installed } from './installed.ts';
import { agentPlist } from './launch-agent.ts';
import { launcherScript } from './launcher-script.ts';
import { mainIn, nodeIn, type Layout } from './layout.ts';
import type { Step } from './step.ts';

/** A start reads nothing that is large; a busy Mac at the end of its own start may still take its time. */
const HEALTH_SECONDS = 60;
/** The agent's own `ExitTimeOut`, and a little. */
const END_SECONDS = 40;

/** What is to be done, in order. Until `swap` begins the installed version is not touched. */
export interface InstallPlan {
  readonly version: string;
  readonly prepare: readonly Step[];
  readonly swap: readonly Step[];
  /** Only if `swap` fails, and only where there was a version before. */
  readonly goBack: readonly Step[];
  readonly finish: readonly Step[];
  /** Only if the version before could not read the store any more: the new one is started again. */
  readonly stay: readonly Step[];
  /** What `prepare` leaves where it fails. */
  readonly giveUp: readonly Step[];
}

/** Plans an installation over whatever is there: nothing, the same version, or another one. */
export function planInstall(options: {
  readonly host: Host;
  readonly layout: Layout;
  readonly uid: number;
  readonly installed: Installed;
  readonly version: string;
  readonly files: readonly AppFile[];
}): InstallPlan {
  const { layout, installed, version, files } = options;
  const { next, previous, app } = layout;
  const agent = agentSteps(options);
  const isFirst = installed.version === null;
  const plist = agentPlist(layout);
  const putBack: readonly Step[] = [{ do: 'move', from: previous, to: app }];

  return {
    version,
    prepare: [
      { do: 'make_folder', path: layout.root, mode: 0o755 },
      { do: 'make_folder', path: dirname(layout.plist), mode: 0o755 },
      { do: 'make_folder', path: layout.data, mode: 0o700 },
      { do: 'make_folder', path: layout.logs, mode: 0o700 },
      { do: 'make_folder', path: layout.cache, mode: 0o700 },
      ...(installed.wasCutOff ? putBack : []),
      { do: 'copy_app', to: next, files },
      { do: 'try_app', command: [nodeIn(next), mainIn(next), '--version'], prints: version },
    ],
    swap: [
      ...agent.stop,
      ...(isFirst ? [] : ([{ do: 'save_store', from: layout.store, to: layout.savedStore }] as const)),
      { do: 'remove', path: previous },
      ...(isFirst ? [] : ([{ do: 'move', from: app, to: previous }] as const)),
      { do: 'move', from: next, to: app },
      { do: 'write', path: layout.launcher, mode: 0o755, content: launcherScript(layout) },
      { do: 'write', path: layout.plist, mode: 0o644, content: plist },
      ...agent.start,
      { do: 'await_health', version, seconds: HEALTH_SECONDS },
    ],
    goBack: isFirst
      ? []
      : [
          ...agent.stop,
          // First: if that may not be, the new version stays.
          { do: 'restore_store', from: layout.savedStore, to: layout.store },
          { do: 'remove', path: app },
          ...putBack,
          { do: 'remove', path: layout.savedStore },
          { do: 'write', path: layout.plist, mode: 0o644, content: installed.plist ?? plist },
          ...agent.start,
          { do: 'await_health', version: installed.version ?? '', seconds: HEALTH_SECONDS },
        ],
    finish: isFirst
      ? []
      : [
          { do: 'remove', path: previous },
          { do: 'remove', path: layout.savedStore },
        ],
    stay: agent.start,
    giveUp: [{ do: 'remove', path: next }],
  };
}

/** How the agent is ended and started through launchd. */
export function agentSteps({
  host,
  layout,
  uid,
}: {
  readonly host: Host;
  readonly layout: Layout;
  readonly uid: number;
}): { readonly stop: readonly Step[]; readonly start: readonly Step[] } {
  const launchctl = (mayFail: boolean, ...args: string[]): Step => ({
    do: 'run',
    tool: 'launchctl',
    command: [host.path('launchctl'), ...args],
    mayFail,
  });
  return {
    // It ends with an error where the agent is not loaded.
    stop: [
      launchctl(true, 'bootout', `gui/${uid}/${AGENT_LABEL}`),
      { do: 'await_end', seconds: END_SECONDS },
    ],
    start: [
      // A person may have switched it off; launchd would then refuse to load it.
      launchctl(false, 'enable', `gui/${uid}/${AGENT_LABEL}`),
      launchctl(false, 'bootstrap', `gui/${uid}`, layout.plist),
    ],
  };
}
